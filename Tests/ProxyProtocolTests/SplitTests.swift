import ProxyProtocol
import Testing

@Suite("Bytes that arrive in pieces")
struct SplitTests {
    @Test("mean what they mean when they arrive whole, wherever they are cut", arguments: Corpus.valid + Corpus.invalid + Corpus.other)
    func everySplit(_ input: Bytes) {
        let (outcome, different) = parseEveryWay(input.bytes + Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(outcome != .needMore)
        #expect(different == nil)
    }

    @Test("of a right header are accepted, of a wrong one refused")
    func outcomes() {
        for input in Corpus.valid { #expect(parse(input.bytes).length == input.bytes.count, "\(input)") }
        for input in Corpus.invalid { #expect(parse(input.bytes).error != nil, "\(input)") }
        for input in Corpus.other { #expect(parse(input.bytes) == .notProxy, "\(input)") }
    }

    @Test("are asked for until the header is complete, and not beyond", arguments: Corpus.valid)
    func everyPrefix(_ input: Bytes) {
        for end in 0..<input.bytes.count { #expect(parse(input.bytes[..<end]) == .needMore) }
        #expect(parse(input.bytes + [0x0D, 0x0A, 0x50]) == parse(input.bytes))
    }

    @Test("give the same answer when they are presented again")
    func again() {
        for input in Corpus.valid + Corpus.invalid + Corpus.other {
            var parser = ProxyHeaderParser()
            let first = parser.parse(input.bytes.span)
            #expect(parser.parse(input.bytes.span) == first)
        }
    }

    @Test("of the start of a binary header are not looked at again")
    func start() {
        var parser = ProxyHeaderParser()
        let whole = binary(0x21, 0x11, ipv4Block)
        #expect(parser.parse(whole.span.extracting(first: 16)) == .needMore)
        let second = Array(repeating: 0, count: 16) + whole[16...]
        #expect(parser.parse(second.span) == parse(whole))
    }
}
