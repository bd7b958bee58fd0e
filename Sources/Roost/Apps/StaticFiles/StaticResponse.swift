import Glibc
import HTTPWire

/// The answer with a file that was found.
struct StaticResponse {
    private let file: OpenFile
    /// How the file is compressed; nil if it is not.
    private let coding: AcceptedCodings.Coding?
    private let mediaType: String
    private let maxAge: Duration?
    /// Whether others might have got a compressed sibling.
    private let varies: Bool

    init(_ file: OpenFile, _ coding: AcceptedCodings.Coding?, mediaType: String, maxAge: Duration?, varies: Bool) {
        self.file = file
        self.coding = coding
        self.mediaType = mediaType
        self.maxAge = maxAge
        self.varies = varies
    }

    func answer(_ method: String, _ asked: Headers, _ send: ASGISend) async throws {
        let now = Int64(time(nil))
        // No file was changed after it was sent (RFC 9110 section 8.8.2.1).
        let modified = max(0, min(file.modified / 1_000_000_000, now))
        let tag = EntityTag(modified: file.modified, size: file.size, coding: coding)
        let conditions = Preconditions(asked, tag: tag, modified: modified, now: now)
        // A list of fields is faster made than changed.
        var fields: [HeaderField] = []
        fields.reserveCapacity(Self.mostFields)
        fields.append(HeaderField(name: "etag", value: tag.description))
        fields.append(HeaderField(name: "last-modified", value: HTTPDate(secondsSince1970: modified).description))
        if let maxAge { fields.append(HeaderField(name: "cache-control", value: "max-age=\(maxAge.components.seconds)")) }
        if varies { fields.append(HeaderField(name: "vary", value: "accept-encoding")) }
        switch conditions.outcome {
        case .proceed:
            break
        case .notModified:
            try await send(.httpResponseStart(status: 304, headers: Headers(fields)))
            return try await send(.httpResponseBody())
        case .failed:
            try await send(.httpResponseStart(status: 412, headers: Headers(fields)))
            return try await send(.httpResponseBody())
        }
        fields.append(HeaderField(name: "accept-ranges", value: "bytes"))
        fields.append(HeaderField(name: "x-content-type-options", value: "nosniff"))
        let ranges = ranges(method, asked, conditions)
        if ranges == .unsatisfiable {
            fields.append(HeaderField(name: "content-range", value: "bytes */\(file.size)"))
            try await send(.httpResponseStart(status: 416, headers: Headers(fields)))
            return try await send(.httpResponseBody())
        }
        if let coding { fields.append(HeaderField(name: "content-encoding", value: coding.rawValue)) }
        switch ranges {
        case .parts(let parts) where parts.count > 1:
            try await self.send(MultipartRanges(parts, of: file.size, mediaType: mediaType), fields, send)
        case .parts(let parts):
            fields.append(HeaderField(name: "content-range", value: MultipartRanges.contentRange(parts[0], of: file.size)))
            try await self.send(parts[0], 206, fields, send)
        case .whole, .unsatisfiable:
            try await self.send(0..<file.size, 200, fields, send)
        }
    }

    private static let mostFields = 10

    /// Of other methods than GET a range means nothing (section 14.2).
    private func ranges(_ method: String, _ asked: Headers, _ conditions: Preconditions) -> ByteRanges {
        guard case let values = asked.values(for: "range"), !values.isEmpty, method == "GET", conditions.takesRange else { return .whole }
        return ByteRanges(values, of: file.size)
    }

    private func send(_ part: Range<Int>, _ status: Int, _ fields: consuming [HeaderField], _ send: ASGISend) async throws {
        fields.append(HeaderField(name: "content-type", value: mediaType))
        fields.append(HeaderField(name: "content-length", value: "\(part.count)"))
        try await send(.httpResponseStart(status: status, headers: Headers(fields)))
        try await send(file, part)
    }

    private func send(_ parts: MultipartRanges, _ fields: consuming [HeaderField], _ send: ASGISend) async throws {
        fields.append(HeaderField(name: "content-type", value: parts.contentType))
        fields.append(HeaderField(name: "content-length", value: "\(parts.length)"))
        try await send(.httpResponseStart(status: 206, headers: Headers(fields)))
        for part in parts.ranges {
            try await send(.httpResponseBody(ByteBuffer(string: parts.head(of: part)), more: true))
            try await send(file, part, more: true)
        }
        try await send(.httpResponseBody(ByteBuffer(string: parts.end)))
    }
}
