import HTTPWire
import Testing

@Suite("Bytes that arrive in pieces")
struct SplitTests {
    @Test("mean what they mean when they arrive whole", arguments: Corpus.valid + Corpus.invalid)
    func requests(_ input: Input) {
        let (outcome, different) = parseEveryWay(input.bytes)
        #expect(outcome != .needMore)
        #expect(different == nil)
    }

    @Test("of a right request are accepted, of a wrong one refused")
    func outcomes() {
        for input in Corpus.valid { #expect(parse(input.bytes).head != nil, "\(input)") }
        for input in Corpus.invalid { #expect(parse(input.bytes).status >= 400, "\(input)") }
    }

    @Test("are asked for until the head is complete, and not beyond", arguments: Corpus.valid)
    func everyPrefix(_ input: Input) {
        let bytes = input.bytes
        guard case .complete(_, let length) = parse(bytes) else {
            Issue.record("not complete")
            return
        }
        for end in 0..<length { #expect(parse(Array(bytes[..<end])) == .needMore) }
        #expect(parse(Array(bytes[..<length])) == parse(bytes))
    }

    @Test("are not looked at again once their line was parsed")
    func parsedLines() {
        var parser = RequestParser()
        let first = latin1("GET /a HTTP/1.1\r\nHost: h\r\nA: b\r\nHal")
        #expect(Parsed(parser.parse(first.span)) == .needMore)
        let second = first.indices.map { $0 < first.count - 3 ? 0 : first[$0] } + latin1("f: x\r\n\r\n")
        guard case .complete(let head, _) = parser.parse(second.span) else {
            Issue.record("not complete")
            return
        }
        #expect(head.fieldCount == 3)
    }

    @Test("of several requests are told apart by one parser")
    func pipelining() {
        let texts = Corpus.valid.map(\.text).filter { !$0.contains("ength") && !$0.contains("coding") }
        let bytes = latin1(texts.joined())
        var parser = RequestParser()
        var offset = 0
        for text in texts {
            parser.reset()
            let rest = Array(bytes[offset...])
            let outcome = Parsed(parser.parse(rest.span))
            guard case .complete(let head, let length) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(.complete(head, length: length) == parse(text))
            offset += length
        }
        #expect(offset == bytes.count)
    }
}
