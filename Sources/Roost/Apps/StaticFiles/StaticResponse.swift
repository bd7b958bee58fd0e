import Glibc
import HTTPWire

/// The answer with a file that was found.
struct StaticResponse {
    var file: StaticTree.File
    /// How the file is compressed; nil if it is not.
    var coding: AcceptedCodings.Coding?
    private let mediaType: String
    private let maxAge: Duration?
    /// Whether others might have got a compressed sibling.
    private let varies: Bool

    init(_ file: StaticTree.File, mediaType: String, maxAge: Duration?, varies: Bool) {
        self.file = file
        self.mediaType = mediaType
        self.maxAge = maxAge
        self.varies = varies
    }

    /// Of the time of change and the size, as nginx and others have it: the same on all hosts that have the same copy. Each coding has one of its own.
    var tag: EntityTag {
        EntityTag(name: String(file.modified, radix: 16) + "-" + String(file.size, radix: 16) + (coding.map { "-" + $0.rawValue } ?? ""))
    }

    func answer(_ method: String, _ asked: Headers, _ send: ASGISend) async throws {
        let now = Int64(time(nil))
        // No file was changed after it was sent (RFC 9110 section 8.8.2.1).
        let modified = max(0, min(file.modified / 1_000_000_000, now))
        let conditions = Preconditions(asked, tag: tag, modified: modified, now: now)
        var headers: Headers = ["etag": tag.description, "last-modified": HTTPDate(secondsSince1970: modified).description]
        if let maxAge { headers.append(name: "cache-control", value: "max-age=\(maxAge.components.seconds)") }
        if varies { headers.append(name: "vary", value: "accept-encoding") }
        switch conditions.outcome {
        case .proceed:
            break
        case .notModified:
            try await send(.httpResponseStart(status: 304, headers: headers))
            return try await send(.httpResponseBody())
        case .failed:
            try await send(.httpResponseStart(status: 412, headers: headers))
            return try await send(.httpResponseBody())
        }
        headers.append(name: "accept-ranges", value: "bytes")
        headers.append(name: "x-content-type-options", value: "nosniff")
        if let coding { headers.append(name: "content-encoding", value: coding.rawValue) }
        // Of other methods than GET a range means nothing (section 14.2).
        let ranges = method == "GET" && conditions.takesRange ? ByteRanges(asked.values(for: "range"), of: file.size) : .whole
        switch ranges {
        case .whole:
            try await self.send(0..<file.size, 200, headers, send)
        case .parts(let parts) where parts.count == 1:
            headers.append(name: "content-range", value: MultipartRanges.contentRange(parts[0], of: file.size))
            try await self.send(parts[0], 206, headers, send)
        case .parts(let parts):
            try await self.send(MultipartRanges(parts, of: file.size, mediaType: mediaType), headers, send)
        case .unsatisfiable:
            headers.remove(name: "content-encoding")
            headers.append(name: "content-range", value: "bytes */\(file.size)")
            try await send(.httpResponseStart(status: 416, headers: headers))
            try await send(.httpResponseBody())
        }
    }

    private func send(_ part: Range<Int>, _ status: Int, _ headers: Headers, _ send: ASGISend) async throws {
        var headers = headers
        headers.append(name: "content-type", value: mediaType)
        headers.append(name: "content-length", value: "\(part.count)")
        try await send(.httpResponseStart(status: status, headers: headers))
        try await send(.httpResponseZerocopysend(file: file.descriptor, offset: part.lowerBound, count: part.count))
    }

    private func send(_ parts: MultipartRanges, _ headers: Headers, _ send: ASGISend) async throws {
        var headers = headers
        headers.append(name: "content-type", value: parts.contentType)
        headers.append(name: "content-length", value: "\(parts.length)")
        try await send(.httpResponseStart(status: 206, headers: headers))
        for part in parts.ranges {
            try await send(.httpResponseBody(ByteBuffer(string: parts.head(of: part)), more: true))
            try await send(.httpResponseZerocopysend(file: file.descriptor, offset: part.lowerBound, count: part.count, more: true))
        }
        try await send(.httpResponseBody(ByteBuffer(string: parts.end)))
    }
}
