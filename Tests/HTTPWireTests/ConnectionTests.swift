import HTTPWire
import Testing

@Suite("What a request says of its connection")
struct ConnectionTests {
    @Test(
        "decides whether it is kept",
        arguments: [
            ("1.1", [], true), ("1.0", [], false), ("1.1", ["close"], false), ("1.0", ["close"], false), ("1.1", ["keep-alive"], true), ("1.0", ["keep-alive"], true),
            ("1.0", ["Keep-Alive"], true), ("1.1", ["CLOSE"], false), ("1.1", ["keep-alive, close"], false), ("1.0", ["close, keep-alive"], false), ("1.0", ["a, keep-alive ,b"], true),
            ("1.1", ["a", "b, close"], false), ("1.0", ["keep-alive", "close"], false), ("1.0", ["keep-alive", "upgrade"], true), ("1.1", [""], true), ("1.1", [",, ,close,"], false),
            ("1.1", ["closed"], true), ("1.1", ["not-close"], true), ("1.1", ["\"close\""], true), ("1.1", ["close;a"], true), ("1.1", ["clos e"], true), ("1.1", ["\tclose\t"], false),
        ] as [(String, [String], Bool)]
    )
    func keepAlive(_ version: String, _ options: [String], _ keepAlive: Bool) {
        let text = (["GET / HTTP/\(version)", "Host: h"] + options.map { "Connection: \($0)" }).joined(separator: "\r\n") + "\r\n\r\n"
        let (outcome, different) = parseEveryWay(latin1(text))
        #expect(outcome.head?.keepAlive == keepAlive, "\(outcome)")
        #expect(different == nil)
    }

    @Test("asks for an upgrade only if Connection names it, and not on HTTP/1.0")
    func upgrade() {
        #expect(parse(request("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket")).head?.wantsUpgrade == true)
        #expect(parse(request("GET / HTTP/1.1", "Upgrade: websocket", "Connection: a, upgrade")).head?.wantsUpgrade == true)
        #expect(parse(request("GET / HTTP/1.1", "Upgrade: websocket")).head?.wantsUpgrade == false)
        #expect(parse(request("GET / HTTP/1.1", "Connection: upgrade")).head?.wantsUpgrade == false)
        #expect(parse(request("GET / HTTP/1.0", "Connection: upgrade", "Upgrade: websocket")).head?.wantsUpgrade == false)
    }

    @Test(
        "lets it wait for 100 (Continue), or is refused",
        arguments: [
            ("1.1", ["100-continue"], 5, true, 0), ("1.1", ["100-Continue"], 5, true, 0), ("1.1", ["100-continue", "100-continue"], 5, true, 0), ("1.1", ["100-continue"], 0, false, 0),
            ("1.1", [], 5, false, 0), ("1.0", ["100-continue"], 5, false, 0), ("1.0", ["anything"], 5, false, 0),
            ("1.1", ["200-ok"], 5, false, 417), ("1.1", [""], 5, false, 417), ("1.1", ["100-continue, 100-continue"], 5, false, 417), ("1.1", ["100-continue;a"], 5, false, 417),
            ("1.1", ["100-continue", "x"], 5, false, 417), ("1.1", ["100"], 0, false, 417),
        ] as [(String, [String], Int, Bool, Int)]
    )
    func expect(_ version: String, _ values: [String], _ length: Int, _ expects: Bool, _ status: Int) {
        let text = (["POST / HTTP/\(version)", "Host: h", "Content-Length: \(length)"] + values.map { "Expect: \($0)" }).joined(separator: "\r\n") + "\r\n\r\n"
        let (outcome, different) = parseEveryWay(latin1(text))
        #expect(outcome.status == status, "\(outcome)")
        #expect(outcome.head?.expectsContinue ?? false == expects)
        #expect(different == nil)
    }
}
