import ProxyProtocol
import Testing

@Suite("The first bytes of a connection")
struct DetectionTests {
    @Test("that can't begin either signature are no PROXY header, and that is said at once", arguments: Corpus.other)
    func others(_ input: Bytes) {
        let (outcome, different) = parseEveryWay(input.bytes)
        #expect(outcome == .notProxy)
        #expect(different == nil)
        let common = input.bytes.indices.first { index in parse(input.bytes[...index]) == .notProxy } ?? input.bytes.count
        for end in 0...common { #expect(parse(input.bytes[..<end]) == .needMore) }
    }

    @Test("that could begin a signature are waited for", arguments: [Bytes(Array("PROXY".utf8)), Bytes(signature)])
    func prefixes(_ input: Bytes) {
        for end in 0...input.bytes.count { #expect(parse(input.bytes[..<end]) == .needMore) }
    }

    @Test("are no PROXY header if any one of a signature's is another", arguments: [Bytes(Array("PROXY".utf8)), Bytes(signature)])
    func changedSignature(_ input: Bytes) {
        for index in input.bytes.indices {
            for change in [1, 0x20, 0x80, 0xFF] as [UInt8] {
                var bytes = input.bytes
                bytes[index] ^= change
                #expect(parse(bytes) == .notProxy, "\(bytes)")
            }
        }
    }
}
