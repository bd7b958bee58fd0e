import CPython
import Roost

/// An exception that an application in Python has raised, as the log shows it.
struct PythonFailure: ApplicationFailure, CustomStringConvertible {
    /// The name of the exception's class.
    let kind: String
    /// The exception in one line, and below it the traceback as Python prints it.
    let description: String

    /// Takes the exception that is set in the calling thread.
    static func taken() -> PythonFailure {
        var type, exception, traceback: PyPointer?
        PyErr_Fetch(&type, &exception, &traceback)
        PyErr_NormalizeException(&type, &exception, &traceback)
        if let exception, let traceback { _ = PyException_SetTraceback(exception, traceback) }
        defer { for pointer in [type, exception, traceback] { Py_DecRef(pointer) } }
        guard let exception else { return PythonFailure(kind: "Exception", description: "no exception is set") }
        let failure = PythonFailure(kind: PythonText.typeName(of: exception) ?? "Exception", description: text(of: exception))
        // Whatever went wrong while it was described is of no interest.
        PyErr_Clear()
        return failure
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
            let kind = PythonText.typeName(of: exception)
            for index in 0..<PyList_Size(lines.pointer) {
                guard let piece = PyList_GetItem(lines.pointer, index).flatMap(PythonText.string) else { continue }
                text += piece
                // Of what the exception says, which may have lines of its own and notes behind it, the first line.
                let line = piece.prefix { $0 != "\n" }
                let name = line.prefix { $0 != ":" }
                if let kind, name == kind || name.hasSuffix(".\(kind)") { summary = String(line) }
            }
            while text.hasSuffix("\n") { text.removeLast() }
            let shown = summary ?? text.split(separator: "\n").last.map(String.init) ?? ""
            return shown == text ? text : "\(shown)\n\(text)"
        } catch {
            return "an exception that can't be shown"
        }
    }
}
