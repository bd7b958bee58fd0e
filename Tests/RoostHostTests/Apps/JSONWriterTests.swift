import FoundationEssentials
import NIOCore
import Testing

@testable import RoostHost

@Suite("JSON as the echo app writes it")
struct JSONWriterTests {
    private static func written(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(buffer: writer.bytes)
    }

    @Test("strings are escaped where JSON asks for it, and nowhere else", arguments: [
        ("", #""""#), ("plain", #""plain""#), (#"a"b\c/"#, #""a\"b\\c/""#), ("\n\r\t\u{0}\u{1F}\u{7F}", "\"\\n\\r\\t\\u0000\\u001f\u{7F}\""),
        ("é€😀", "\"é€😀\""),
    ])
    func strings(text: String, json: String) {
        #expect(Self.written { $0.string(text) } == json)
    }

    @Test("objects, arrays, numbers and null nest")
    func nesting() {
        let json = Self.written { writer in
            writer.object([
                "a": { $0.array([1, -2]) { $0.number($1) } },
                "b\"": { $0.array([Int]()) { $0.number($1) } },
                "c": { $0.null() },
                "d": { $0.object([:]) },
            ])
        }
        #expect(json == #"{"a": [1, -2], "b\"": [], "c": null, "d": {}}"#)
    }

    @Test("members without a value are left out")
    func optionalMembers() {
        let json = Self.written { writer in
            writer.object([
                "a": JSONWriter.member(nil as Int?) { $0.number($1) },
                "b": JSONWriter.member(1) { $0.number($1) },
                "c": JSONWriter.member("x") { $0.string($1) },
                "d": nil,
            ])
        }
        #expect(json == #"{"b": 1, "c": "x"}"#)
    }

    @Test("objects of strings keep their order, and bytes are written as Latin-1 or hexadecimal digits")
    func others() {
        #expect(Self.written { $0.object([("b", "\""), ("a", "")]) } == #"{"b": "\"", "a": ""}"#)
        #expect(Self.written { $0.object([(key: String, value: String)]()) } == "{}")
        #expect(Self.written { $0.latin1([0x41, 0x22, 0xE9] as [UInt8]) } == #""A\"é""#)
        #expect(Self.written { $0.hexadecimal([0, 0x0F, 0xA5] as [UInt8]) } == #""000fa5""#)
    }

    @Test("every scalar up to U+00FF is read back as it was written")
    func roundTrip() throws {
        let text = String(String.UnicodeScalarView((0...255).map { Unicode.Scalar(UInt8($0)) }))
        let json = Self.written { $0.array([text]) { $0.string($1) } }
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
    }
}
