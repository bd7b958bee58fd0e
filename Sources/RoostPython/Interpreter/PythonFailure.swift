import CPython
import Roost

/// An exception that an application in Python has raised, as the log shows it.
struct PythonFailure: ApplicationFailure, CustomStringConvertible {
    /// The name of the exception's class.
    let kind: String
    /// The exception in one line, and below it the traceback as Python prints it.
    let description: String

    /// Whether it was raised over another of the class that tells that the client is gone.
    var isOfLoss = false

    var summary: String { String(description.prefix { $0 != "\n" }) }

    /// Takes the exception that is set in the calling thread.
    ///
    /// - Parameter loss: the class that tells that the client is gone.
    static func taken(orOf loss: PyPointer? = nil) -> PythonFailure {
        var type, exception, traceback: PyPointer?
        PyErr_Fetch(&type, &exception, &traceback)
        PyErr_NormalizeException(&type, &exception, &traceback)
        if let exception, let traceback { _ = PyException_SetTraceback(exception, traceback) }
        defer { for pointer in [type, exception, traceback] { Py_DecRef(pointer) } }
        guard let exception else { return PythonFailure(kind: "Exception", description: "no exception is set") }
        let failure = PythonFailure(
            kind: PythonText.typeName(of: exception) ?? "Exception", description: text(of: exception),
            isOfLoss: loss.map { comes(exception, of: $0, depth: 0) } ?? false)
        // Whatever went wrong while it was described is of no interest.
        PyErr_Clear()
        return failure
    }

    /// Longer chains of exceptions are loops.
    private static let deepest = 20

    /// Whether an exception is of this class, or was raised because of one that is, or while one was handled; a group, if each of its members is.
    private static func comes(_ exception: PyPointer, of type: PyPointer, depth: Int) -> Bool {
        if cpython_is_instance(exception, type) != 0 { return true }
        guard depth < deepest else { return false }
        if let members = attribute("exceptions", of: exception), let tuple = cpython_objects().pointee.tuple_type,
            cpython_is_exactly(members.pointer, tuple) != 0, PyTuple_Size(members.pointer) > 0
        {
            return (0..<PyTuple_Size(members.pointer)).allSatisfy { index in
                PyTuple_GetItem(members.pointer, index).map { comes($0, of: type, depth: depth + 1) } ?? false
            }
        }
        for name in ["__cause__", "__context__"] as [StaticString] {
            guard let earlier = attribute(name, of: exception), earlier.pointer != Py_None() else { continue }
            return comes(earlier.pointer, of: type, depth: depth + 1)
        }
        return false
    }

    private static func attribute(_ name: StaticString, of exception: PyPointer) -> PythonReference? {
        guard let found = PyObject_GetAttrString(exception, name.cString) else {
            PyErr_Clear()
            return nil
        }
        return PythonReference(owning: found)
    }

    /// What `traceback.format_exception` makes of it, in the form of its three arguments, which all versions know.
    private static func text(of exception: PyPointer) -> String {
        do throws(PythonRaised) {
            let module = try PythonReference(PyImport_ImportModule("traceback"))
            let function = try PythonReference(PyObject_GetAttrString(module.pointer, "format_exception"))
            guard let type = exception.pointee.type?.assumingMemoryBound(to: PyObject.self) else { throw PythonRaised() }
            let traceback = try PythonReference(PyObject_GetAttrString(exception, "__traceback__"))
            let lines = try PythonReference(cpython_call3(function.pointer, type, exception, traceback.pointer))
            var text = ""
            var summary: String?
            var depth = Int.max
            let kind = PythonText.typeName(of: exception)
            for index in 0..<PyList_Size(lines.pointer) {
                guard let piece = PyList_GetItem(lines.pointer, index).flatMap(PythonText.string) else { continue }
                text += piece
                // Of what the exception says, which may have lines of its own and notes behind it, the first line.
                // A group is drawn with what is in it further to the right.
                let drawing = piece.prefix { $0 == " " || $0 == "|" || $0 == "+" }
                let line = piece.dropFirst(drawing.count).prefix { $0 != "\n" }
                let name = line.prefix { $0 != ":" }
                if let kind, drawing.count <= depth, name == kind || name.hasSuffix(".\(kind)") { (summary, depth) = (String(line), drawing.count) }
            }
            while text.hasSuffix("\n") { text.removeLast() }
            let shown = summary ?? text.split(separator: "\n").last.map(String.init) ?? ""
            return shown == text ? text : "\(shown)\n\(text)"
        } catch {
            return "an exception that can't be shown"
        }
    }
}
