/// Several parts of a file as one body (`multipart/byteranges`, RFC 9110 section 14.6).
struct MultipartRanges {
    let ranges: [Range<Int>]
    private let boundary: String
    private let mediaType: String
    private let size: Int

    /// - Parameters:
    ///   - size: of the whole file, in bytes.
    ///   - boundary: what stands between the parts. Default: one that no file has by chance.
    init(_ ranges: [Range<Int>], of size: Int, mediaType: String, boundary: String? = nil) {
        self.ranges = ranges
        self.size = size
        self.mediaType = mediaType
        self.boundary = boundary ?? String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
    }

    var contentType: String { "multipart/byteranges; boundary=\(boundary)" }

    /// What comes before a part's bytes.
    func head(of range: Range<Int>) -> String {
        "\(range == ranges.first ? "" : "\r\n")--\(boundary)\r\ncontent-type: \(mediaType)\r\ncontent-range: \(Self.contentRange(range, of: size))\r\n\r\n"
    }

    /// What comes behind the last part.
    var end: String { "\r\n--\(boundary)--\r\n" }

    /// Of the whole body, in bytes.
    var length: Int { ranges.reduce(end.utf8.count) { $0 + head(of: $1).utf8.count + $1.count } }

    /// `bytes 0-499/1234`
    static func contentRange(_ range: Range<Int>, of size: Int) -> String { "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)" }
}
