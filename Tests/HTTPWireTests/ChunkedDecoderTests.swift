import HTTPWire
import SeededRandom
import Testing

@Suite("A chunked body")
struct ChunkedDecoderTests {
    @Test(
        "is put together from its chunks, and ends where the next request begins",
        arguments: [
            ("0\r\n\r\n", "", 5), ("0\r\n\r\nGET", "", 5), ("5\r\nhello\r\n0\r\n\r\n", "hello", 15), ("00005\r\nhello\r\n000\r\n\r\nX", "hello", 21),
            ("3\r\nfoo\r\nA\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "foo0123456789abcdefghij", 43), ("1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n", 17),
            ("4;a\r\nWiki\r\n0\r\n\r\n", "Wiki", 16), ("4;a=b;c=\"d e\"\r\nWiki\r\n0;z\r\n\r\n", "Wiki", 28), ("4; a = b\t; c\r\nWiki\r\n0\r\n\r\n", "Wiki", 25), ("4;\r\nWiki\r\n0\r\n\r\n", "Wiki", 15),
            ("2\r\n\u{0}\u{FF}\r\n0\r\n\r\n", "\u{0}\u{FF}", 12),
        ] as [(Input, Input, Int)]
    )
    func valid(_ input: Input, _ body: Input, _ consumed: Int) {
        let (decoded, different) = Decoded.everyWay(input.bytes)
        #expect(decoded.body == body.bytes)
        #expect(decoded.end == .ended(consumed: consumed))
        #expect(different == nil)
    }

    @Test(
        "is refused if its framing could be read in two ways",
        arguments: [
            "\r\n", "\n", "g\r\n", " 5\r\n", "5 \r\n", "5\t\r\n", "5 ;a\r\n", "+5\r\n", "-5\r\n", "0x5\r\n", "5h\r\n", ";a\r\n", "5\n", "5\rx", "5;a\n", "5;a\rb", "5;a\u{0}\r\n", "5;a\u{1F}\r\n", "5;\u{7F}\r\n",
            "5;\u{80}\r\n", "5,5\r\n", "5\r\nhello\n", "5\r\nhello\rx", "5\r\nhellox", "5\r\nhello0\r\n\r\n", "8000000000000000\r\n", "ffffffffffffffff\r\n", "10000000000000000\r\n",
            "00000000000000005\r\n", Input("5;" + String(repeating: "a", count: 256) + "\r\n"), "0\r\n\n", "0\r\n\rx", "0\r\nA : b\r\n", "0\r\n A: b\r\n", "0\r\n: b\r\n", "0\r\nA: \u{0}\r\n", "0\r\nA: b\n", "0\r\nA: b\r\n c\r\n",
            "0\r\nA\r\n", "0\r\nContent-Length: 5\r\n", "0\r\ntransfer-encoding: chunked\r\n", "0\r\nHOST: h\r\n", "0\r\nConnection: close\r\n", "0\r\nTE: x\r\n", "0\r\nTrailer: x\r\n",
            "0\r\nUpgrade: x\r\n", "0\r\nExpect: 100-continue\r\n",
        ] as [Input]
    )
    func refusals(_ input: Input) {
        let (decoded, different) = Decoded.everyWay(input.bytes)
        #expect(decoded.status == 400, "\(decoded)")
        #expect(different == nil)
    }

    @Test("is refused at the first wrong byte, and again ever after")
    func earliness() {
        for text in ["g", "\n", "5\n", "5\rx", "5\r\nhello\n", "0\r\n ", "5 "] {
            #expect(Decoded(latin1(text), cuts: []).status == 400)
            #expect(Decoded(Array(latin1(text).dropLast()), cuts: []).end == .none)
        }
        var decoder = ChunkedDecoder()
        let first = decoder.decode(latin1("x").span)
        #expect(decoder.decode(latin1("0\r\n\r\n").span) == first)
    }

    @Test("may be of the largest size there is", arguments: ["7fffffffffffffff", "7FFFFFFFFFFFFFFF", "0000000000000005"])
    func largest(_ size: String) {
        #expect(Decoded(latin1("\(size)\r\nabc"), cuts: []).body == latin1("abc"))
    }

    @Test("brings its trailer fields, apart from the header fields")
    func trailers() {
        let (decoded, different) = Decoded.everyWay(latin1("1\r\na\r\n0\r\nX-Sum: 1\r\nEmpty:\r\nX-SUM:\t\u{E9} \r\n\r\nrest"))
        #expect(decoded.trailers == [HeaderField(name: "x-sum", value: "1"), HeaderField(name: "empty", value: ""), HeaderField(name: "x-sum", value: "\u{E9}")])
        #expect(decoded.end == .ended(consumed: 40))
        #expect(different == nil)
    }

    @Test("has its trailer section under the limits of a head")
    func trailerLimits() {
        var limits = RequestLimits()
        limits.fieldCount = 2
        limits.fieldSize = 10
        limits.headSize = 20
        for (text, status) in [
            ("0\r\nA: b\r\nC: d\r\n\r\n", 0), ("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", 431), ("0\r\nA: 4567890\r\n\r\n", 0), ("0\r\nA: 45678901\r\n\r\n", 431),
            ("0\r\nA: 456789012345678", 431), ("0\r\nA: 4567890\r\nB: 4\r\n\r\n", 0), ("0\r\nA: 4567890\r\nB: 45\r\n\r\n", 431),
        ] {
            let (decoded, different) = Decoded.everyWay(latin1(text), limits: limits)
            #expect(decoded.status == status, "\(text) \(decoded)")
            #expect(different == nil)
        }
    }

    @Test("can't spend more on extensions than on a head")
    func extensions() {
        let chunk = "1;" + String(repeating: "x", count: 254) + "\r\na\r\n"
        let text = String(repeating: chunk, count: 200)
        let decoded = Decoded(latin1(text), cuts: [])
        #expect(decoded.status == 400)
        #expect(decoded.body.count == 32768 / 255)
    }

    @Test("leaves at most a line over while more is waited for")
    func leftOver() {
        let text = "1\r\na\r\n5;" + String(repeating: "x", count: 200) + "\r\nhello\r\n0\r\nA: " + String(repeating: "b", count: 300) + "\r\n\r\n"
        let bytes = latin1(text)
        let decoded = Decoded(bytes, cuts: Array(bytes.indices))
        #expect(decoded.end == .ended(consumed: bytes.count))
        #expect(decoded.mostLeftOver == 304)
    }

    @Test("that is complete stays so and takes nothing more")
    func ended() {
        var decoder = ChunkedDecoder()
        #expect(decoder.decode(latin1("0\r\n\r\n").span) == .end(consumed: 5))
        #expect(decoder.decode(latin1("5\r\nhello").span) == .end(consumed: 0))
    }

    @Test("that was written here is read here as it was")
    func roundTrip() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<100 {
            var buffer = WireBuffer()
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                let piece = (0..<Int.random(in: 0...300, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
                buffer.appendChunk(piece.span)
                body += piece
            }
            buffer.appendLastChunk()
            let bytes = buffer.array
            let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let decoded = Decoded(bytes, cuts: cuts)
            #expect(decoded.body == body)
            #expect(decoded.end == .ended(consumed: bytes.count))
        }
    }
}
