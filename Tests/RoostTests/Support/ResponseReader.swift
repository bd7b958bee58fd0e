/// A response as a client sees it.
struct Response: Sendable {
    var version = ""
    var status = 0
    var reason = ""
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// The value of the first field with this lower-case name.
    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }
    var closes: Bool { self["connection"] == "close" }
}

enum ResponseError: Error {
    /// The connection ended before a byte of a response.
    case none
    /// The connection ended within a response.
    case truncated(Response)
    /// What came is no HTTP.
    case malformed(String)
}

/// Takes responses out of what a server sends, as strictly as a good client would.
struct ResponseReader {
    /// What came and was not yet used.
    private(set) var buffer: [UInt8] = []

    /// - Parameters:
    ///   - method: the method that the response answers; one to HEAD has no body.
    ///   - more: gives the next bytes, or none at the connection's end.
    mutating func next(to method: String = "GET", more: () throws -> [UInt8]) throws -> Response {
        var response = try head(more)
        if response.status < 200 || response.status == 204 || response.status == 304 || method == "HEAD" { return response }
        do {
            if response["transfer-encoding"] == "chunked" {
                guard response["content-length"] == nil else { throw ResponseError.malformed("two framings") }
                while true {
                    let line = try line(more)
                    guard let size = Int(line, radix: 16) else { throw ResponseError.malformed("chunk size \(line)") }
                    if size == 0 { break }
                    try append(size, to: &response.body, more)
                    guard try self.line(more).isEmpty else { throw ResponseError.malformed("chunk end") }
                }
                guard try line(more).isEmpty else { throw ResponseError.malformed("trailers") }
            } else if let length = response["content-length"] {
                guard let length = Int(length) else { throw ResponseError.malformed("content-length \(length)") }
                try append(length, to: &response.body, more)
            } else {
                while true {
                    response.body += buffer
                    buffer = try more()
                    if buffer.isEmpty { break }
                }
            }
        } catch is EndOfInput {
            throw ResponseError.truncated(response)
        }
        return response
    }

    /// What is left until the connection's end.
    mutating func rest(_ more: () throws -> [UInt8]) throws -> [UInt8] {
        var rest = buffer
        buffer = []
        while true {
            let bytes = try more()
            if bytes.isEmpty { return rest }
            rest += bytes
        }
    }

    private struct EndOfInput: Error {}

    private mutating func head(_ more: () throws -> [UInt8]) throws -> Response {
        var response = Response()
        do {
            let status = try line(more).split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard status.count == 3, status[0].hasPrefix("HTTP/1."), status[1].count == 3, let code = Int(status[1]) else {
                throw ResponseError.malformed("status line \(status)")
            }
            response.version = String(status[0])
            response.status = code
            response.reason = String(status[2])
            while true {
                let line = try line(more)
                if line.isEmpty { return response }
                guard let colon = line.firstIndex(of: ":") else { throw ResponseError.malformed("field \(line)") }
                response.fields.append((String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " })))
            }
        } catch is EndOfInput {
            if response.status == 0, buffer.isEmpty { throw ResponseError.none }
            throw ResponseError.truncated(response)
        }
    }

    private mutating func line(_ more: () throws -> [UInt8]) throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                guard end > 0, buffer[end - 1] == 0x0D else { throw ResponseError.malformed("bare LF") }
                let line = String(decoding: buffer[..<(end - 1)], as: UTF8.self)
                buffer.removeSubrange(...end)
                return line
            }
            try fill(more)
        }
    }

    private mutating func append(_ count: Int, to body: inout [UInt8], _ more: () throws -> [UInt8]) throws {
        var left = count
        while left > 0 {
            if buffer.isEmpty { try fill(more) }
            let taken = min(left, buffer.count)
            body += buffer[..<taken]
            buffer.removeSubrange(..<taken)
            left -= taken
        }
    }

    private mutating func fill(_ more: () throws -> [UInt8]) throws {
        let bytes = try more()
        if bytes.isEmpty { throw EndOfInput() }
        buffer += bytes
    }
}
