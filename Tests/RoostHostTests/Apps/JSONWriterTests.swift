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

    @Test("every scalar up to U+00FF is read back as it was written")
    func roundTrip() throws {
        let text = String(String.UnicodeScalarView((0...255).map { Unicode.Scalar(UInt8($0)) }))
        let json = Self.written { $0.array([text]) { $0.string($1) } }
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
    }
}
