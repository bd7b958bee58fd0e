import CPython
import HTTPWire
import Roost

/// The head of a response, as an application gives it.
struct WSGIHead {
    let status: Int
    var headers: Headers
    /// What `content-length` says, if it says something.
    let contentLength: Int?

    /// As the core takes it.
    var parts: WSGIChannel.Head { (status, headers) }

    /// Whether no body belongs to the status: No Content, Reset Content, Not Modified (RFC 9110 sections 6.4.1 and 15.3.6).
    var isBodiless: Bool { status == 204 || status == 205 || status == 304 }
}

/// Reads what applications give to `start_response`.
///
/// Used by threads that hold the GIL.
final class WSGIHeads {
    /// That of whoever needs one next. Exclusivity is not checked at run time: it is only taken and put back, which calls nothing.
    @exclusivity(unchecked) private var builder = HeadersBuilder()
    /// The same: nothing that is done with it runs Python's code.
    @exclusivity(unchecked) private var names = KnownFieldNames()

    deinit {
        // On whatever thread this is.
        InterpreterLock().held { names.end() }
    }

    /// - Throws: `PythonRaised` with an exception that says what is wrong.
    func head(status: PyPointer, headers: PyPointer) throws(PythonRaised) -> WSGIHead {
        let code = try code(of: status)
        var contentLength: Int?
        // To raise may start the garbage collector, which runs code of the application's, and then another thread: that one finds another builder.
        var builder = HeadersBuilder()
        swap(&builder, &self.builder)
        defer { swap(&builder, &self.builder) }
        do throws(PythonRaised) {
            try Self.forEachPair(of: headers) { name, value throws(PythonRaised) in try append(name, value, to: &builder, &contentLength) }
        } catch {
            // What was appended must not turn up in the next response.
            _ = builder.finish()
            throw error
        }
        guard let headers = builder.finish() else {
            throw raise(cpython_objects().pointee.value_error, "the header fields of the response are more than 64 KiB")
        }
        return WSGIHead(status: code, headers: headers, contentLength: contentLength)
    }

    private func code(of status: PyPointer) throws(PythonRaised) -> Int {
        guard let type = cpython_objects().pointee.unicode_type, cpython_is_instance(status, type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "start_response() takes the status as a str such as \"200 OK\"")
        }
        var count = 0
        guard let start = PyUnicode_AsUTF8AndSize(status, &count) else {
            PyErr_Clear()
            throw invalidStatus("?")
        }
        let text = UnsafeRawBufferPointer(start: start, count: count)
        guard let code = Self.code(of: text) else { throw invalidStatus(String(decoding: text, as: UTF8.self)) }
        return code
    }

    /// The number of a status line such as `200 OK`; the reason may be missing.
    private static func code(of text: UnsafeRawBufferPointer) -> Int? {
        guard text.count >= 3, text.count == 3 || text[3] == UInt8(ascii: " ") else { return nil }
        var code = 0
        for byte in text.prefix(3) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            code = code * 10 + Int(byte & 0x0F)
        }
        guard (200...599).contains(code), !text.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return code
    }

    private func invalidStatus(_ text: String) -> PythonRaised {
        raise(
            cpython_objects().pointee.value_error,
            "\"\(text.prefix(100))\" is no status; expected a number from 200 to 599 and a reason, such as \"200 OK\"")
    }

    private static func forEachPair(
        of headers: PyPointer, _ body: (PyPointer, PyPointer) throws(PythonRaised) -> Void
    ) throws(PythonRaised) {
        let objects = cpython_objects().pointee
        guard let list = objects.list_type, let tuple = objects.tuple_type else { throw PythonRaised() }
        let isList = cpython_is_instance(headers, list) != 0
        guard isList || cpython_is_instance(headers, tuple) != 0 else {
            throw raise(objects.type_error, "start_response() takes the header fields as a list of tuples (name, value)")
        }
        for index in 0..<(isList ? PyList_Size(headers) : PyTuple_Size(headers)) {
            guard let pair = isList ? PyList_GetItem(headers, index) : PyTuple_GetItem(headers, index) else { throw PythonRaised() }
            guard cpython_is_instance(pair, tuple) != 0, PyTuple_Size(pair) == 2,
                let name = PyTuple_GetItem(pair, 0), let value = PyTuple_GetItem(pair, 1)
            else { throw raise(objects.type_error, "a header field of the response is a tuple (name, value); element \(index) of the list is none") }
            try body(name, value)
        }
    }

    private func append(_ name: PyPointer, _ value: PyPointer, to builder: inout HeadersBuilder, _ contentLength: inout Int?) throws(PythonRaised) {
        if let known = names[name] { return try append(known.bytes, isContentLength: known.isContentLength, value, to: &builder, &contentLength) }
        let text = try Latin1Text(name)
        guard text.isToken else {
            throw raise(
                cpython_objects().pointee.value_error,
                "\(Self.quoted(text.bytes)) can't be the name of a header field: a name is made of letters, digits and some signs, without spaces")
        }
        let isContentLength = text.bytes.isContentLength
        names.keep(name, text.bytes, isContentLength: isContentLength)
        try append(text.bytes, isContentLength: isContentLength, value, to: &builder, &contentLength)
    }

    private func append(
        _ name: UnsafeRawBufferPointer, isContentLength: Bool, _ value: PyPointer, to builder: inout HeadersBuilder, _ contentLength: inout Int?
    ) throws(PythonRaised) {
        let value = try Latin1Text(value)
        guard value.isFieldValue else {
            throw raise(
                cpython_objects().pointee.value_error, "the value of the header field \(Self.quoted(name)) has a control character in it")
        }
        builder.append(name: name, value: value.bytes)
        if isContentLength { contentLength = value.bytes.number }
    }

    private static func quoted(_ name: UnsafeRawBufferPointer) -> String {
        "\"\(String(decoding: name.prefix(100).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self))\""
    }
}

/// A `str` with each scalar as the byte that it stands for.
private struct Latin1Text: ~Copyable {
    /// Valid as long as this value.
    let bytes: UnsafeRawBufferPointer
    private let isPrintableASCII: Bool
    /// What holds the bytes.
    private let object: PythonReference

    init(_ text: PyPointer) throws(PythonRaised) {
        guard let type = cpython_objects().pointee.unicode_type, cpython_is_instance(text, type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "name and value of a header field of the response are str")
        }
        var count = 0
        // What is ASCII is the same in both encodings, and is not copied.
        if let start = PyUnicode_AsUTF8AndSize(text, &count) {
            let utf8 = UnsafeRawBufferPointer(start: start, count: count)
            let isPrintable = utf8.bytes.isPrintableASCII
            if isPrintable || utf8.allSatisfy({ $0 < 0x80 }) {
                bytes = utf8
                isPrintableASCII = isPrintable
                object = PythonReference(sharing: text)
                return
            }
        } else {
            PyErr_Clear()
        }
        let encoded = try PythonReference(PyUnicode_AsLatin1String(text))
        guard let bytes = exactBytes(encoded.pointer) else { throw PythonRaised() }
        self.bytes = bytes
        isPrintableASCII = false
        object = encoded
    }

    /// Whether it may be the name of a field.
    var isToken: Bool {
        // The usual names are quick to look at.
        let bytes = bytes
        return !bytes.isEmpty && (bytes.bytes.isLettersAndDashes || bytes.allSatisfy { $0.isTokenByte })
    }

    /// Whether there is no control character in it but tabs.
    var isFieldValue: Bool {
        if isPrintableASCII { return true }
        return bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}

extension UnsafeRawBufferPointer {
    /// The number of up to 18 digits that these bytes are; nil if they are none.
    fileprivate var number: Int? {
        guard !isEmpty, count <= 18 else { return nil }
        var number = 0
        for byte in self {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int(byte & 0x0F)
        }
        return number
    }

    fileprivate var isContentLength: Bool {
        let name: StaticString = "content-length"
        guard count == name.utf8CodeUnitCount else { return false }
        return indices.allSatisfy { self[$0] | 0x20 == name.utf8Start[$0] }
    }
}

extension UInt8 {
    /// Whether the byte may be in a token (RFC 9110 section 5.6.2).
    fileprivate var isTokenByte: Bool {
        switch self {
        case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
