import SeededRandom
import Testing

@testable import Roost

@Suite("Ranges of bytes")
struct ByteRangesTests {
    @Test("are the parts that are there, in order", arguments: [
        ("bytes=0-0", [0..<1]), ("bytes=0-499", [0..<500]), ("bytes=500-", [500..<1000]), ("bytes=-1", [999..<1000]), ("bytes=-5000", [0..<1000]),
        ("bytes=900-5000", [900..<1000]), ("BYTES=1-2", [1..<3]), ("bytes= 1-2 , 500-501\t", [1..<3, 500..<502]), ("bytes=,1-2,,", [1..<3]),
        ("bytes=500-501,1-2", [1..<3, 500..<502]), ("bytes=0-1,5000-", [0..<2]), ("bytes=0-99999999999999999999999", [0..<1000]),
        // Near ones, and those that overlap, are one.
        ("bytes=0-9,10-19", [0..<20]), ("bytes=0-9,90-99", [0..<100]), ("bytes=0-9,91-99", [0..<10, 91..<100]), ("bytes=0-,0-,0-", [0..<1000]),
        ("bytes=0-999,5-6,-1", [0..<1000]),
    ] as [(String, [Range<Int>])])
    func parts(_ value: String, _ parts: [Range<Int>]) {
        #expect(ByteRanges([value], of: 1000) == .parts(parts))
    }

    @Test("that are not understood are as if they were not there", arguments: [
        "", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=1", "bytes=-", "bytes=2-1", "bytes=1-2,x", "bytes=1-2,4-3", "lines=1-2", "bytes =1-2",
        "bytes=1--2", "bytes=--1", "bytes=1 -2", "bytes=+1-2", "bytes=0x1-2", "bytes=1-2;3-4", "bytes=1-2\u{E9}",
    ])
    func malformed(_ value: String) {
        #expect(ByteRanges([value], of: 1000) == .whole)
    }

    @Test("are none of an empty file, without a field, with two, or with too many parts")
    func whole() {
        #expect(ByteRanges(["bytes=0-"], of: 0) == .whole)
        #expect(ByteRanges([], of: 10) == .whole)
        #expect(ByteRanges(["bytes=0-1", "bytes=0-1"], of: 10) == .whole)
        let many = (0..<ByteRanges.limit).map { "\($0 * 1000)-\($0 * 1000)" }
        guard case .parts(let parts) = ByteRanges(["bytes=" + many.joined(separator: ",")], of: 1 << 20) else {
            Issue.record("no parts")
            return
        }
        #expect(parts.count == ByteRanges.limit)
        #expect(ByteRanges(["bytes=" + (many + ["1-1"]).joined(separator: ",")], of: 1 << 20) == .whole)
    }

    @Test("cannot be kept if none of them is there", arguments: ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=1000-1001,-0"])
    func unsatisfiable(_ value: String) {
        #expect(ByteRanges([value], of: 1000) == .unsatisfiable)
    }

    @Test("lie within the file, apart and in order, whatever is asked for")
    func fuzz() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("0123456789-,= \tbytes".utf8)
        for _ in 0..<fuzzIterations {
            let size = Int.random(in: 0...3000, using: &random)
            var text = "bytes="
            if Bool.random(using: &random) {
                text += (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    let (first, last) = (Int.random(in: 0...3500, using: &random), Int.random(in: 0...3500, using: &random))
                    return ["\(first)-\(last)", "\(first)-", "-\(last)"].randomElement(using: &random)!
                }.joined(separator: ",")
            } else {
                text += String(decoding: (0..<Int.random(in: 0...20, using: &random)).map { _ in alphabet.randomElement(using: &random)! }, as: UTF8.self)
            }
            guard case .parts(let parts) = ByteRanges([text], of: size) else { continue }
            var end = -1
            for part in parts {
                #expect(part.lowerBound > end && !part.isEmpty && part.upperBound <= size, "\(text) of \(size)")
                end = part.upperBound
            }
            let multipart = MultipartRanges(parts, of: size, mediaType: "text/plain", boundary: "b")
            #expect(multipart.length == parts.reduce(0) { $0 + $1.count + multipart.head(of: $1).utf8.count } + multipart.end.utf8.count)
        }
    }
}
