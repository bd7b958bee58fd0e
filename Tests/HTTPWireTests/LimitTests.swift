import HTTPWire
import Testing

@Suite("A limit")
struct LimitTests {
    @Test("has the default that is documented")
    func defaults() {
        let limits = RequestLimits()
        #expect(limits.requestLine == 8190)
        #expect(limits.fieldCount == 100)
        #expect(limits.fieldSize == 8190)
        #expect(limits.headSize == 32768)
    }

    private func line(of length: Int) -> String {
        "GET /" + String(repeating: "a", count: length - 14) + " HTTP/1.1"
    }

    @Test("on the request line lets the longest through, and answers a longer one with 414")
    func requestLine() {
        #expect(parse(request(line(of: 8190))).head != nil)
        #expect(parse(request(line(of: 8191))).status == 414)
        var limits = RequestLimits()
        limits.requestLine = 20
        #expect(parseEveryWay(latin1(request(line(of: 20))), limits: limits).0.head != nil)
        for length in 21...24 {
            let (outcome, different) = parseEveryWay(latin1(request(line(of: length))), limits: limits)
            #expect(outcome.status == 414)
            #expect(different == nil)
        }
    }

    @Test("on the request line holds for a line that never ends")
    func endlessRequestLine() {
        #expect(parse("GET /" + String(repeating: "a", count: 8187 - 1)) == .needMore)
        #expect(parse("GET /" + String(repeating: "a", count: 8187)).status == 414)
        #expect(parse("GET " + String(repeating: "a", count: 8190)).status == 414)
        #expect(parse("GET / " + String(repeating: "a", count: 1)).status == 400)
    }

    @Test("on a field lets the longest through, and answers a longer one with 431")
    func fieldSize() {
        #expect(parse(request("GET / HTTP/1.1", "A: " + String(repeating: "b", count: 8187))).head != nil)
        #expect(parse(request("GET / HTTP/1.1", "A: " + String(repeating: "b", count: 8188))).status == 431)
        var limits = RequestLimits()
        limits.fieldSize = 20
        for (field, status) in [
            ("A: " + String(repeating: "b", count: 17), 0), ("A: " + String(repeating: "b", count: 18), 431), ("A: " + String(repeating: "b", count: 40), 431),
            (String(repeating: "A", count: 18) + ":b", 0), (String(repeating: "A", count: 19) + ":b", 431), (String(repeating: "A", count: 40), 431),
            ("A:" + String(repeating: " ", count: 18), 0), ("A:" + String(repeating: " ", count: 19), 431), ("A: " + String(repeating: "b", count: 18) + "\u{0}", 400),
            ("A: " + String(repeating: "b", count: 19) + "\u{0}", 431),
        ] {
            let (outcome, different) = parseEveryWay(latin1(request("GET / HTTP/1.1", field)), limits: limits)
            #expect(outcome.status == status, "\(field)")
            #expect(different == nil)
        }
    }

    @Test("on a field holds for a field that never ends", arguments: ["A: ", "A", "A:", "Host: "])
    func endlessField(_ start: String) {
        let text = "GET / HTTP/1.1\r\n" + start + String(repeating: start == "A:" ? " " : "a", count: 8192 - start.utf8.count)
        #expect(parse(text).status == 431)
        #expect(parse(String(text.dropLast())) == .needMore)
    }

    @Test("on the number of fields lets that many through, and answers more with 431")
    func fieldCount() {
        let fields = (1..<100).map { "F\($0): \($0)\r\n" }.joined()
        let text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields
        #expect(parse(text + "\r\n").head?.fields.count == 100)
        #expect(parse(text + "A: b\r\n").status == 431)
        #expect(parse(text) == .needMore)
    }

    @Test("on the head lets the largest through, and answers a larger one with 431")
    func headSize() {
        var limits = RequestLimits()
        let base = request("GET / HTTP/1.1", "A: ").utf8.count
        limits.headSize = base + 20
        for (length, status) in [(20, 0), (21, 431), (22, 431), (60, 431)] {
            let text = request("GET / HTTP/1.1", "A: " + String(repeating: "b", count: length))
            let (outcome, different) = parseEveryWay(latin1(text + "body"), limits: limits)
            #expect(outcome.status == status, "\(length): \(outcome)")
            #expect(different == nil)
        }
    }

    @Test("on the head can't exceed what offsets can say")
    func largestHead() {
        var limits = RequestLimits()
        limits.headSize = .max
        limits.fieldSize = .max
        limits.requestLine = .max
        limits.fieldCount = .max
        let base = request("GET / HTTP/1.1", "A: ", "Last: 1").utf8.count
        let largest = parse(request("GET / HTTP/1.1", "A: " + String(repeating: "b", count: 65535 - base), "Last: 1"), limits: limits)
        #expect(largest.head?.fields.last == HeaderField(name: "last", value: "1"))
        #expect(parse(request("GET / HTTP/1.1", "A: " + String(repeating: "b", count: 65536 - base), "Last: 1"), limits: limits).status == 431)
        #expect(parse("GET /" + String(repeating: "b", count: 70000), limits: limits).status == 431)
    }

    @Test("that is reached first decides, however much there is beyond it", arguments: 20...70)
    func order(_ headSize: Int) {
        var limits = RequestLimits()
        limits.requestLine = 40
        limits.fieldSize = 20
        limits.headSize = headSize
        for text in [line(of: 100), request("GET / HTTP/1.1", String(repeating: "a", count: 100)), request("GET / HTTP/1.1", "A: " + String(repeating: "a", count: 100))] {
            let (outcome, different) = parseEveryWay(latin1(text), limits: limits)
            #expect([414, 431].contains(outcome.status))
            #expect(different == nil)
        }
    }

    @Test("of nothing, or less, lets nothing through", arguments: [0, -1, -5, Int.min])
    func nothing(_ limit: Int) {
        for path in [\RequestLimits.requestLine, \.fieldCount, \.fieldSize, \.headSize] {
            var limits = RequestLimits()
            limits[keyPath: path] = limit
            let (outcome, different) = parseEveryWay(latin1(request()), limits: limits)
            #expect([414, 431].contains(outcome.status))
            #expect(different == nil)
        }
    }
}
