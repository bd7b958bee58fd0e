import Testing

@testable import Roost

@Suite("Heads of HTTP/2 frames")
struct HTTP2FrameHeadsTests {
    private static let frames = [
        ClientFrame.settings(), .request(on: 1, ends: false), .data("", on: 1), .data([UInt8](repeating: 0xFF, count: 300), on: 1),
        ClientFrame(kind: 0xBE, [.init(rawValue: 0xFF)], on: 0xFFFF_FFFF, [1]), .ping(),
    ]
    private static let heads = frames.map {
        HTTP2FrameHeads.Head(length: $0.payload.count, kind: $0.kind, flags: $0.flags.rawValue, stream: Int32($0.stream & 0x7FFF_FFFF))
    }

    /// The heads that were found, and at which places the last byte of each was.
    private static func read(_ parts: [ArraySlice<UInt8>]) -> (heads: [HTTP2FrameHeads.Head], ends: [Int]) {
        var reader = HTTP2FrameHeads(after: ClientFrame.preface.count)
        var found: (heads: [HTTP2FrameHeads.Head], ends: [Int]) = ([], [])
        for part in parts {
            var offset = 0
            while let head = reader.next(in: part.span, from: &offset) {
                found.heads.append(head)
                found.ends.append(part.startIndex + offset)
            }
            #expect(offset == part.count)
        }
        return found
    }

    @Test("each is found, and where it ends, wherever the bytes are split")
    func splits() {
        let bytes = ClientFrame.preface + Self.frames.flatMap(\.bytes)
        var ends: [Int] = []
        var start = ClientFrame.preface.count
        for frame in Self.frames {
            ends.append(start + 9)
            start += frame.bytes.count
        }
        for split in 0...bytes.count {
            let found = Self.read([bytes[..<split], bytes[split...]])
            #expect(found.heads == Self.heads && found.ends == ends, "split at \(split)")
        }
        let found = Self.read(bytes.indices.map { bytes[$0...$0] })
        #expect(found.heads == Self.heads && found.ends == ends)
    }

    @Test("what the head says of its length counts, to the largest that it can say")
    func largest() {
        let frame = ClientFrame(kind: 0, on: 1, announcedLength: 0xFF_FFFF)
        var reader = HTTP2FrameHeads(after: 0)
        var offset = 0
        #expect(reader.next(in: frame.bytes.span, from: &offset)?.length == 0xFF_FFFF)
        let payload = [UInt8](repeating: 0, count: 0xFF_FFFF) + ClientFrame.ping().bytes
        offset = 0
        #expect(reader.next(in: payload.span, from: &offset)?.kind == 6)
        #expect(offset == 0xFF_FFFF + 9)
    }
}
