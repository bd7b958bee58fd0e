import CPython
import HTTPWire
import NIOCore
import Roost

/// A message that an application gives to `send`.
enum ASGIMessage {
    case event(ASGISendEvent)
    /// `http.response.body` with the only piece of a body, if it is small; its bytes live as long as Python's message.
    case whole(UnsafeRawBufferPointer)
    /// `http.response.pathsend`; the path lives as long as Python's message.
    case file(path: PyPointer)
    /// `http.response.zerocopysend`; the file, an object or a number, lives as long as Python's message.
    case part(file: PyPointer, offset: Int?, count: Int?, more: Bool)
}

/// Reads the messages that an application gives to `send`.
///
/// For the thread that holds the GIL.
final class ASGIMessages {
    let interned: Interned
    private let bodies = SmallBodies()
    /// Memory for the fields of a response, taken out while they are gathered: what holds them may run code that sends something itself.
    private var spareBuilder = HeadersBuilder()

    init(_ interned: Interned) {
        self.interned = interned
    }

    /// - Throws: `PythonRaised` with an exception that says what is wrong with the message.
    ///
    /// - Parameter takesTrailers: Whether the response may end with trailer fields.
    func read(_ message: PyPointer, takesTrailers: Bool) throws(PythonRaised) -> ASGIMessage {
        let name = try type(of: message)
        if name.equals("http.response.body") { return try body(message) }
        if name.equals("http.response.start") { return .event(try start(message, takesTrailers: takesTrailers)) }
        if name.equals("http.response.pathsend") {
            guard let path = PyDict_GetItemWithError(message, interned.path) else { throw missing("path") }
            return .file(path: path)
        }
        if name.equals("http.response.zerocopysend") { return try part(message) }
        if name.equals("http.response.trailers") {
            return .event(.httpResponseTrailers(try fields(message), more: try truth(of: message, at: interned.moreTrailers)))
        }
        if name.equals("http.response.early_hint") { return .event(.httpResponseEarlyHint(links: try links(message))) }
        throw unexpected(name)
    }

    /// The name of a message's type; valid as long as the message.
    @inline(__always)
    func type(of message: PyPointer) throws(PythonRaised) -> UnsafeRawBufferPointer {
        guard let dict = cpython_objects().pointee.dict_type, cpython_is_instance(message, dict) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "send() takes a dictionary")
        }
        guard let type = PyDict_GetItemWithError(message, interned.type) else { throw missing("type") }
        var count = 0
        // Comparing bytes: a literal with dots is not interned, so its identity says nothing.
        guard let text = PyUnicode_AsUTF8AndSize(type, &count) else { throw PythonRaised() }
        return UnsafeRawBufferPointer(start: text, count: count)
    }

    func unexpected(_ name: UnsafeRawBufferPointer) -> PythonRaised {
        raise(cpython_objects().pointee.runtime_error, "unexpected ASGI message type: \(String(decoding: name.prefix(100), as: UTF8.self))")
    }

    func missing(_ key: String) -> PythonRaised {
        PyErr_Occurred() == nil ? raise(cpython_objects().pointee.runtime_error, "the ASGI message has no \"\(key)\"") : PythonRaised()
    }

    private func body(_ message: PyPointer) throws(PythonRaised) -> ASGIMessage {
        if let bytes = PyDict_GetItemWithError(message, interned.body).flatMap(exactBytes), bytes.count <= SmallBodies.largest {
            let more = PyDict_GetItemWithError(message, interned.moreBody)
            if more == Py_False() || more == nil && PyErr_Occurred() == nil { return .whole(bytes) }
        }
        if PyErr_Occurred() != nil { throw PythonRaised() }
        let (body, more) = try piece(message)
        return .event(.httpResponseBody(body, more: more))
    }

    /// A piece of a body, and whether more follow.
    @inline(__always)
    func piece(_ message: PyPointer) throws(PythonRaised) -> (body: ByteBuffer, more: Bool) {
        var body = ByteBuffer()
        if let bytes = PyDict_GetItemWithError(message, interned.body) {
            body = try withBytes(of: bytes, bodies.buffer)
        } else if PyErr_Occurred() != nil {
            throw PythonRaised()
        }
        return (body, try truth(of: message, at: interned.moreBody))
    }

    private func part(_ message: PyPointer) throws(PythonRaised) -> ASGIMessage {
        guard let file = PyDict_GetItemWithError(message, interned.file) else { throw missing("file") }
        let (offset, count) = (try number(in: message, at: interned.offset), try number(in: message, at: interned.count))
        return .part(file: file, offset: offset, count: count, more: try truth(of: message, at: interned.moreBody))
    }

    /// What is there as a number; nil if nothing is, or None.
    func number(in message: PyPointer, at key: PyPointer) throws(PythonRaised) -> Int? {
        guard let value = PyDict_GetItemWithError(message, key) else {
            if PyErr_Occurred() != nil { throw PythonRaised() }
            return nil
        }
        guard value != Py_None() else { return nil }
        let number = PyLong_AsLong(value)
        if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
        return number
    }

    /// What is there as a truth value; false if nothing is.
    @inline(__always)
    private func truth(of message: PyPointer, at key: PyPointer) throws(PythonRaised) -> Bool {
        guard let value = PyDict_GetItemWithError(message, key), value != Py_False() else { return false }
        let truth = value == Py_True() ? 1 : PyObject_IsTrue(value)
        guard truth >= 0 else { throw PythonRaised() }
        return truth != 0
    }

    private func links(_ message: PyPointer) throws(PythonRaised) -> [String] {
        guard let links = PyDict_GetItemWithError(message, interned.links) else { throw missing("links") }
        let tuple = try PythonReference(PySequence_Tuple(links))
        var values: [String] = []
        for index in 0..<PyTuple_Size(tuple.pointer) {
            guard let link = PyTuple_GetItem(tuple.pointer, index) else { throw PythonRaised() }
            values.append(try withBytes(of: link) { bytes in String(decoding: bytes.lazy.map(UInt16.init), as: UTF16.self) })
        }
        return values
    }

    private func start(_ message: PyPointer, takesTrailers: Bool) throws(PythonRaised) -> ASGISendEvent {
        let number = try status(message)
        let headers = try fields(message)
        // To whom they are not offered an application may announce them all the same, and they are left out.
        return .httpResponseStart(status: number, headers: headers, trailers: takesTrailers ? try truth(of: message, at: interned.trailers) : true)
    }

    func status(_ message: PyPointer) throws(PythonRaised) -> Int {
        guard let status = PyDict_GetItemWithError(message, interned.status) else { throw missing("status") }
        let number = PyLong_AsLong(status)
        if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
        return number
    }

    func fields(_ message: PyPointer) throws(PythonRaised) -> Headers {
        var builder = HeadersBuilder()
        swap(&builder, &spareBuilder)
        defer { swap(&builder, &spareBuilder) }
        if let pairs = PyDict_GetItemWithError(message, interned.headers) {
            try append(pairs, to: &builder)
        } else if PyErr_Occurred() != nil {
            throw PythonRaised()
        }
        guard let headers = builder.finish() else {
            throw raise(cpython_objects().pointee.value_error, "the header fields of the response are more than 64 KiB")
        }
        return headers
    }

    /// Appends pairs of name and value, whatever holds them.
    private func append(_ pairs: PyPointer, to builder: inout HeadersBuilder) throws(PythonRaised) {
        do throws(PythonRaised) {
            if cpython_is_exactly(pairs, cpython_objects().pointee.list_type) != 0 {
                // The list may change while its elements are looked at only if they run code of their own, which bytes do not.
                var index = 0
                while index < PyList_Size(pairs), let pair = PyList_GetItem(pairs, index) {
                    try append(pair: pair, to: &builder)
                    index += 1
                }
            } else {
                let tuple = try PythonReference(PySequence_Tuple(pairs))
                for index in 0..<PyTuple_Size(tuple.pointer) {
                    if let pair = PyTuple_GetItem(tuple.pointer, index) { try append(pair: pair, to: &builder) }
                }
            }
        } catch {
            // What was appended must not turn up in the next response.
            _ = builder.finish()
            throw error
        }
    }

    private func append(pair: PyPointer, to builder: inout HeadersBuilder) throws(PythonRaised) {
        if cpython_is_exactly(pair, cpython_objects().pointee.tuple_type) != 0, PyTuple_Size(pair) == 2 {
            guard let name = PyTuple_GetItem(pair, 0), let value = PyTuple_GetItem(pair, 1) else { throw PythonRaised() }
            if let name = exactBytes(name), let value = exactBytes(value) { return builder.append(name: name, value: value) }
        }
        // The list may let go of the pair while code of the pair's own runs.
        let held = PythonReference(sharing: pair)
        let tuple = try PythonReference(PySequence_Tuple(held.pointer))
        guard PyTuple_Size(tuple.pointer) == 2, let name = PyTuple_GetItem(tuple.pointer, 0), let value = PyTuple_GetItem(tuple.pointer, 1) else {
            throw raise(cpython_objects().pointee.value_error, "a header field is a pair of name and value")
        }
        try append(name, value, to: &builder)
    }

    private func append(_ name: PyPointer, _ value: PyPointer, to builder: inout HeadersBuilder) throws(PythonRaised) {
        // Two views at once, and what they show is copied before they end.
        var raised: PythonRaised?
        try withBytes(of: name) { name in
            do throws(PythonRaised) {
                try withBytes(of: value) { value in builder.append(name: name, value: value) }
            } catch {
                raised = error
            }
        }
        if let raised { throw raised }
    }
}
