import HTTPWire
import SeededRandom
import Testing

@testable import Roost

@Suite("What a request is made to depend on")
struct PreconditionsTests {
    private static let modified: Int64 = 784_111_777
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    private static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    private func conditions(_ headers: Headers, isWeak: Bool = false, now: Int64 = modified + 1000) -> Preconditions {
        Preconditions(headers, tag: EntityTag(isWeak: isWeak, name: "a"), modified: Self.modified, now: now)
    }

    @Test("is looked at in the order of RFC 9110 section 13.2.2", arguments: [
        ([:], .proceed),
        (["if-match": "\"a\""], .proceed), (["if-match": "*"], .proceed), (["if-match": "\"b\", \"a\""], .proceed), (["if-match": "\"b\""], .failed),
        (["if-match": "W/\"a\""], .failed), (["if-match": "a"], .failed), (["if-match": ""], .failed),
        (["if-unmodified-since": date], .proceed), (["if-unmodified-since": after], .proceed), (["if-unmodified-since": before], .failed),
        (["if-unmodified-since": "never"], .proceed),
        // The date is not looked at beside a tag.
        (["if-match": "\"a\"", "if-unmodified-since": before], .proceed),
        (["if-none-match": "\"a\""], .notModified), (["if-none-match": "W/\"a\""], .notModified), (["if-none-match": "*"], .notModified),
        (["if-none-match": "\"b\""], .proceed), (["if-none-match": "\"b\",W/\"c\" , \"a\""], .notModified), (["if-none-match": "b"], .proceed),
        (["if-modified-since": date], .notModified), (["if-modified-since": after], .notModified), (["if-modified-since": before], .proceed),
        (["if-modified-since": "never"], .proceed),
        (["if-none-match": "\"b\"", "if-modified-since": date], .proceed),
        (["if-none-match": "\"a\"", "if-modified-since": before], .notModified),
        // Whoever is to fail fails first.
        (["if-none-match": "\"a\"", "if-match": "\"b\""], .failed), (["if-modified-since": date, "if-unmodified-since": before], .failed),
        (["if-match": "\"a\"", "if-none-match": "\"a\""], .notModified),
    ] as [(Headers, Preconditions.Outcome)])
    func order(_ headers: Headers, _ outcome: Preconditions.Outcome) {
        #expect(conditions(headers).outcome == outcome)
    }

    @Test("may be in several fields, and of two dates none counts")
    func several() {
        #expect(conditions([HeaderField(name: "if-none-match", value: "\"b\""), HeaderField(name: "If-None-Match", value: "\"a\"")]).outcome == .notModified)
        #expect(conditions([HeaderField(name: "if-modified-since", value: Self.date), HeaderField(name: "if-modified-since", value: Self.date)]).outcome == .proceed)
    }

    @Test("lets a part be sent only of the very same bytes", arguments: [
        ("\"a\"", true), ("W/\"a\"", false), ("\"b\"", false), (date, true), (before, false), (after, false), ("*", false), ("\"a\", \"b\"", false), ("", false),
    ])
    func ifRange(_ value: String, _ takes: Bool) {
        #expect(conditions(["if-range": value]).takesRange == takes)
        #expect(!conditions(["if-range": value], isWeak: true).takesRange || value == Self.date)
    }

    @Test("takes no date for the bytes of a second that is not over")
    func freshDate() {
        #expect(!conditions(["if-range": Self.date], now: Self.modified + 1).takesRange)
        #expect(conditions([:]).takesRange)
    }

    @Test("never traps, whatever it is")
    func fuzz() {
        var random = SeededGenerator(seed: 13)
        let alphabet = Array("W/\"ab\", *\t".utf8) + [0x80, 0xC3, 0xA9, 0]
        for _ in 0..<fuzzIterations {
            let text = String(decoding: (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random)! }, as: UTF8.self)
            if case .these(let tags) = EntityTagList([text]) {
                for tag in tags { #expect(EntityTag(parsing: tag.description) == tag, "\(text)") }
            }
            for name in ["if-match", "if-none-match", "if-range", "if-modified-since"] { _ = (conditions([name: text]).outcome, conditions([name: text]).takesRange) }
            _ = AcceptedCodings([text.replacing("W", with: "gzip;q=")]).preferred
        }
    }
}

@Suite("The codings that a client takes")
struct AcceptedCodingsTests {
    @Test("are told by weight, and between equals brotli comes first", arguments: [
        ([], ""), (["gzip"], "gzip"), (["br"], "br"), (["gzip, br"], "br gzip"), (["gzip", "br"], "br gzip"), (["gzip;q=1, br;q=0.9"], "gzip br"),
        (["gzip;q=0"], ""), (["gzip;q=0.000"], ""), (["gzip;q=0.001"], "gzip"), (["*"], "br gzip"), (["*;q=0.5, gzip;q=0"], "br"), (["identity"], ""),
        (["identity, gzip;q=0.5"], ""), (["identity;q=0.5, gzip"], "gzip"), (["identity;q=0"], ""), (["identity;q=0, *"], "br gzip"), (["GZIP"], "gzip"),
        (["x-gzip"], "gzip"), (["gzip ; q=0.5 , br\t;\tQ=0.6"], "br gzip"), (["gzip;q=x"], ""), (["gzip;q=2"], ""), (["gzip;q=1.5"], "gzip"), (["deflate"], ""),
        ([",;,"], ""), (["gzip;q="], ""), (["gzip;a=b"], "gzip"),
    ])
    func preferred(_ values: [String], _ names: String) {
        #expect(AcceptedCodings(values).preferred.map(\.rawValue).joined(separator: " ") == names)
    }
}
