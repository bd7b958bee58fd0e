import SeededRandom
import Testing

@testable import Roost

@Suite("The elements of a list field")
struct FieldElementsTests {
    private func elements(_ field: ForwardedHeader, _ lines: [String]) throws -> (found: [String], isMalformed: Bool) {
        let head = try #require(makeHead(lines))
        let bytes = head.bytes
        let fields = ForwardedFields(head, bytes.span)
        var elements = FieldElements(field, in: fields, bytes.span)
        var found: [String] = []
        while let element = elements.next(in: fields, bytes.span) { found.append(String(decoding: bytes[element], as: UTF8.self)) }
        let further = elements.next(in: fields, bytes.span)
        #expect(further == nil)
        return (found, elements.isMalformed)
    }

    @Test(
        "come from the right to the left, over all lines",
        arguments: [
            ([], []), (["a"], ["a"]), (["a,b , c"], ["c", "b", "a"]), (["a,b", "c", "d,e"], ["e", "d", "c", "b", "a"]), (["", ",", " ,a,, ,\t", ""], ["a"]),
            (["\"a,b\""], ["b\"", "\"a"]),
        ]
    )
    func plain(_ values: [String], _ expected: [String]) throws {
        let lines = values.flatMap { ["X-Forwarded-Proto: \($0)", "X-Forwarded-Port: 1"] }
        let (found, isMalformed) = try elements(.xForwardedProto, lines)
        #expect(found == expected)
        #expect(!isMalformed)
    }

    @Test("of Forwarded end where a line is malformed")
    func malformed() throws {
        let (found, isMalformed) = try elements(.forwarded, ["Forwarded: a=1", "Forwarded: \"b", "Forwarded: c=3,d=4"])
        #expect(found == ["d=4", "c=3"])
        #expect(isMalformed)
    }

    @Test("of Forwarded are the same found from the right as from the left, whatever is quoted")
    func quoted() throws {
        var generator = SeededGenerator(seed: 8)
        let pieces = ["\\\"", "\\\\", ",", ";", "=", "a", "=\\\"", "\\,", " "]
        for _ in 0..<fuzzIterations / 10 {
            let written = (0..<Int.random(in: 1...4, using: &generator)).map { number in
                let value = (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
                return ["n\(number)=\"\(value)\"", "n\(number)=\"\(value)\";x=\"\(value)\"", "n\(number)=v"].randomElement(using: &generator) ?? ""
            }
            let (found, isMalformed) = try elements(.forwarded, ["Forwarded: " + written.joined(separator: ", ")])
            guard found == written.reversed(), !isMalformed else {
                Issue.record("\(written) is read as \(found)")
                return
            }
        }
    }
}
