import CPython

/// The trace that the request belongs to. Where no request ever does it is never set, which costs as much as anything else about a request.
///
/// `@unchecked Sendable`: touched by threads that hold the GIL only.
final class TraceIDVariable: @unchecked Sendable {
    let variable: RequestVariable
    /// Whether a request has belonged to one: from then on each says whether it does, for the thread's context may still have the last one's.
    private var isInUse = false

    init() throws(PythonRaised) {
        variable = try RequestVariable("roost.trace_id")
    }

    func set(_ id: String?) throws(PythonRaised) {
        guard isInUse || id != nil else { return }
        isInUse = true
        if let id {
            try variable.set(PythonText.object(id))
        } else {
            try variable.set(PythonReference(sharing: Py_None()))
        }
    }
}
