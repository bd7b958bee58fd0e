import HTTPWire
import Testing

@Suite("Headers")
struct HeadersTests {
    private func received() -> Headers {
        var parser = RequestParser()
        guard case .complete(let head, _) = parser.parse(latin1(request("GET / HTTP/1.1", "A: 1", "B: 2", "a: 3")).span) else { return [:] }
        return head.headers
    }

    private var made: Headers { ["host": "h", "a": "1", "b": "2", "a": "3"] }

    @Test("are found by name in any case, whether received or made")
    func lookup() {
        for headers in [received(), made] {
            #expect(headers["A"] == "1")
            #expect(headers["host"] == "h")
            #expect(headers["c"] == nil)
            #expect(headers.values(for: "a") == ["1", "3"])
            #expect(headers.values(for: "c") == [])
            #expect(headers.contains(name: "B"))
            #expect(!headers.contains(name: "bb"))
            #expect(headers.count == 4)
            #expect(headers[3] == HeaderField(name: "a", value: "3"))
            #expect(headers.map(\.value) == ["h", "1", "2", "3"])
        }
        #expect(received() == made)
    }

    @Test("change alike, whether received or made")
    func changes() {
        for original in [received(), made] {
            var headers = original
            headers.append(name: "C", value: "4")
            #expect(headers.last == HeaderField(name: "C", value: "4"))
            headers.replaceOrAdd(name: "A", value: "5")
            #expect(headers == ["host": "h", "a": "5", "b": "2", "C": "4"])
            headers.replaceOrAdd(name: "d", value: "6")
            headers.remove(name: "HOST")
            #expect(headers == ["a": "5", "b": "2", "c": "4", "d": "6"])
            #expect(original == made)
        }
    }

    @Test("are made of literals and sequences")
    func making() {
        let array: Headers = [HeaderField(name: "a", value: "1"), HeaderField(name: "a", value: "2")]
        #expect(array == ["a": "1", "a": "2"])
        #expect(Headers(array.reversed()) == ["a": "2", "a": "1"])
        #expect(Headers().isEmpty)
        #expect(Headers() == [:])
        #expect(array != ["a": "1", "a": "3"])
        #expect(array.description == "a: 1, a: 2")
    }

    @Test("of a request outlive the parser and the bytes")
    func ownership() {
        let headers = received()
        #expect(headers["b"] == "2")
    }
}
