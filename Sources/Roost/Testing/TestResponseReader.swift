import HTTPWire
import NIOCore

/// Reads one HTTP/1.1 response from bytes as they come (RFC 9112 section 4 to 7), and knows nothing of how the server writes it.
struct TestResponseReader {
    private enum State {
        case head
        case body(left: Int)
        case chunkSize
        case chunk(left: Int)
        case trailers
        case untilEnd
        case complete
    }

    private let isHead: Bool
    private var input = ByteBuffer()
    private var state = State.head
    private var response: TestResponse?

    /// - Parameter isHead: whether the response is to a HEAD request, and so has no body.
    init(isHead: Bool) {
        self.isHead = isHead
    }

    /// What has come of the response, if its head has.
    var partial: TestResponse? { response }

    /// What came behind the response, once that is complete.
    var rest: ByteBuffer { input }

    /// Takes bytes; returns the response when it is complete.
    mutating func take(_ bytes: ByteBuffer) throws(TestClientError) -> TestResponse? {
        if input.readableBytes == 0 { input = bytes } else { input.writeImmutableBuffer(bytes) }
        while try step() {}
        if case .complete = state { return response }
        return nil
    }

    /// Notes that nothing more comes.
    mutating func end() throws(TestClientError) -> TestResponse {
        guard let response else {
            throw input.readableBytes == 0 ? .noResponse : .truncated(nil)
        }
        guard case .untilEnd = state else { throw .truncated(response) }
        return response
    }

    /// Uses what it can of the input; false if it needs more.
    private mutating func step() throws(TestClientError) -> Bool {
        switch state {
        case .head:
            return try readHead()
        case .body(let left):
            let taken = takeBody(atMost: left)
            state = taken == left ? .complete : .body(left: left - taken)
            return false
        case .chunkSize:
            guard let line = try readLine() else { return false }
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else { throw .malformed("the chunk size \"\(line)\"") }
            state = size == 0 ? .trailers : .chunk(left: size)
            return true
        case .chunk(let left):
            let taken = takeBody(atMost: left)
            state = .chunk(left: left - taken)
            guard taken == left, input.readableBytes >= 2 else { return false }
            guard try readLine() == "" else { throw .malformed("a chunk does not end where its size says") }
            state = .chunkSize
            return true
        case .trailers:
            guard let line = try readLine() else { return false }
            if line.isEmpty { state = .complete }
            return !line.isEmpty
        case .untilEnd:
            _ = takeBody(atMost: input.readableBytes)
            return false
        case .complete:
            return false
        }
    }

    private mutating func readHead() throws(TestClientError) -> Bool {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        let view = input.readableBytesView
        guard view.count >= 4, let length = (0...view.count - 4).first(where: { view.dropFirst($0).starts(with: end) }) else { return false }
        guard let status = try readStatus() else { throw .malformed("the head is empty") }
        var headers = Headers()
        for _ in 0..<length {
            guard let line = try readLine(), !line.isEmpty else { break }
            guard let colon = line.firstIndex(of: ":") else { throw .malformed("the field line \"\(line)\"") }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append(name: String(line[..<colon]), value: String(value))
        }
        // An interim response, such as 100 (Continue), comes before the final one. After 101 it is not HTTP/1.1 any more.
        if (100..<200).contains(status), status != 101 { return true }
        response = TestResponse(status: status, headers: headers, body: ByteBuffer())
        state = try framing(status, headers)
        return true
    }

    private mutating func readStatus() throws(TestClientError) -> Int? {
        guard let line = try readLine() else { return nil }
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", parts[1].utf8.count == 3, let status = Int(parts[1]) else {
            throw .malformed("the status line \"\(line)\"")
        }
        return status
    }

    private func framing(_ status: Int, _ headers: Headers) throws(TestClientError) -> State {
        if isHead || status == 101 || status == 204 || status == 304 { return .complete }
        let codings = headers.values(for: "transfer-encoding")
        let lengths = headers.values(for: "content-length")
        if !codings.isEmpty {
            guard codings == ["chunked"], lengths.isEmpty else { throw .malformed("transfer-encoding \(codings) with content-length \(lengths)") }
            return .chunkSize
        }
        guard !lengths.isEmpty else { return .untilEnd }
        guard lengths.count == 1, let length = Int(lengths[0]), length >= 0 else { throw .malformed("content-length \(lengths)") }
        return length == 0 ? .complete : .body(left: length)
    }

    private mutating func takeBody(atMost count: Int) -> Int {
        guard var piece = input.readSlice(length: min(count, input.readableBytes)) else { return 0 }
        return response?.body.writeBuffer(&piece) ?? 0
    }

    /// A line without its end; nil if it has not come whole.
    private mutating func readLine() throws(TestClientError) -> String? {
        let view = input.readableBytesView
        guard let lineFeed = view.firstIndex(of: 0x0A) else { return nil }
        guard lineFeed > view.startIndex, view[lineFeed - 1] == 0x0D else { throw .malformed("a line ends without CR") }
        // A byte stands for one scalar (ISO 8859-1).
        let line = String(String.UnicodeScalarView(view[..<(lineFeed - 1)].map { Unicode.Scalar($0) }))
        input.moveReaderIndex(to: lineFeed + 1)
        return line
    }
}
