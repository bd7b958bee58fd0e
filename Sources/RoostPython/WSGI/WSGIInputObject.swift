import CPython
import NIOCore
import Roost

/// `wsgi.input`: the request's body, in memory or as it comes. Reading what has not come waits without the GIL.
final class WSGIInputObject {
    private let input: WSGIInput?
    /// Whether some thread is reading, which may wait; the others that an application has must not come between.
    private var isBusy = false
    /// Whether the application was told that the client is gone.
    private(set) var isCut = false

    /// - Parameter input: nil if there is no body.
    init(_ input: WSGIInput?) {
        self.input = input
    }

    // MARK: Reading

    /// `read(size=-1)`
    private func read(_ arguments: PyPointer) throws(PythonRaised) -> PythonReference {
        let size = try Self.size(in: arguments, of: "read")
        return try Self.object(reading { (input) throws(WSGIError) in try input.read(size) })
    }

    /// `readline(size=-1)`
    private func readLine(_ arguments: PyPointer) throws(PythonRaised) -> PythonReference {
        try Self.object(line(atMost: Self.size(in: arguments, of: "readline")))
    }

    /// `readlines(hint=-1)`
    private func readLines(_ arguments: PyPointer) throws(PythonRaised) -> PythonReference {
        let hint = try Self.size(in: arguments, of: "readlines")
        var lines: [ByteBuffer] = []
        var count = 0
        while hint == 0 || count < hint {
            let line = try line(atMost: .max)
            if line.readableBytes == 0 { break }
            count += line.readableBytes
            lines.append(line)
        }
        let list = try PythonReference(PyList_New(lines.count))
        for (index, line) in lines.enumerated() {
            guard PyList_SetItem(list.pointer, index, try Self.object(line).release()) == 0 else { throw PythonRaised() }
        }
        return list
    }

    /// The next line; nil at the end.
    private func next() throws(PythonRaised) -> PythonReference? {
        let line = try line(atMost: .max)
        return line.readableBytes == 0 ? nil : try Self.object(line)
    }

    private func line(atMost size: Int) throws(PythonRaised) -> ByteBuffer {
        guard size > 0 else { return ByteBuffer() }
        return try reading { (input) throws(WSGIError) in try input.readLine(limit: size) ?? ByteBuffer() }
    }

    private func reading(_ body: (WSGIInput) throws(WSGIError) -> ByteBuffer) throws(PythonRaised) -> ByteBuffer {
        guard let input else { return ByteBuffer() }
        guard !isBusy else { throw raise(cpython_objects().pointee.runtime_error, "another thread is reading wsgi.input") }
        isBusy = true
        defer { isBusy = false }
        do throws(WSGIError) {
            return try body(input)
        } catch {
            isCut = true
            throw raise(cpython_objects().pointee.connection_reset_error, "the client is gone, and the rest of its body does not come")
        }
    }

    /// The one argument of a call, if there is one; a negative number and None are all that there is.
    private static func size(in arguments: PyPointer, of method: String) throws(PythonRaised) -> Int {
        switch PyTuple_Size(arguments) {
        case 0: return .max
        case 1:
            guard let argument = PyTuple_GetItem(arguments, 0) else { throw PythonRaised() }
            if argument == Py_None() { return .max }
            let size = PyLong_AsLong(argument)
            if size == -1, PyErr_Occurred() != nil { throw PythonRaised() }
            return size < 0 ? .max : size
        case let count:
            throw raise(cpython_objects().pointee.type_error, "\(method)() takes at most 1 argument (\(count) given)")
        }
    }

    private static func object(_ bytes: ByteBuffer) throws(PythonRaised) -> PythonReference {
        try PythonReference(bytes.withUnsafeReadableBytes { raw in
            PyBytes_FromStringAndSize(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        })
    }

    // MARK: As Python's object

    private static let itself: HeapType.Unary = { instance in instance.map(returning) }
    private static let nextLine: HeapType.Unary = { instance in
        // NULL without an exception is the end.
        perform(instance) { input throws(PythonRaised) in try input.next() }
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try HeapType(
            "_roost.Input", doc: "The body of a request.",
            slots: [
                (CPython_tp_iter, unsafeBitCast(itself, to: UnsafeMutableRawPointer.self)),
                (CPython_tp_iternext, unsafeBitCast(nextLine, to: UnsafeMutableRawPointer.self)),
            ],
            methods: [
                .init(name: "read", flags: METH_VARARGS) { instance, arguments in
                    WSGIInputObject.perform(instance, arguments) { input, arguments throws(PythonRaised) in try input.read(arguments) }
                },
                .init(name: "readline", flags: METH_VARARGS) { instance, arguments in
                    WSGIInputObject.perform(instance, arguments) { input, arguments throws(PythonRaised) in try input.readLine(arguments) }
                },
                .init(name: "readlines", flags: METH_VARARGS) { instance, arguments in
                    WSGIInputObject.perform(instance, arguments) { input, arguments throws(PythonRaised) in try input.readLines(arguments) }
                },
            ])
    }

    private static func perform(
        _ instance: PyPointer?, _ arguments: PyPointer?, _ body: (WSGIInputObject, PyPointer) throws(PythonRaised) -> PythonReference
    ) -> PyPointer? {
        guard let arguments else { return nil }
        return perform(instance) { input throws(PythonRaised) in try body(input, arguments) }
    }

    private static func perform(
        _ instance: PyPointer?, _ body: (WSGIInputObject) throws(PythonRaised) -> PythonReference?
    ) -> PyPointer? {
        guard let input = HeapType.content(instance, as: WSGIInputObject.self) else { return nil }
        do throws(PythonRaised) {
            guard let result = try body(input) else { return nil }
            return result.release()
        } catch {
            return nil
        }
    }
}
