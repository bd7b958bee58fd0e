import HTTPWire
import Testing

@Suite("Fields that an application could take for others")
struct HeaderMapTests {
    private static let ambiguous: [(fields: [String], kept: [String])] = [
        (["X_Forwarded_For: 1.2.3.4"], []),
        (["X-Real-IP: a", "X_Real-IP: b", "x-real_ip: c"], ["x-real-ip: a"]),
        (["_: x", "a_: x", "_a: x", "Content_Length: 5", "Transfer_Encoding: chunked"], []),
        (["Content-Type: text/html", "content-type: text/plain"], ["content-type: text/html"]),
        (["AUTHORIZATION: Basic a", "Authorization: Basic b", "authorization: c"], ["authorization: Basic a"]),
    ]

    @Test("are left out, wherever the bytes were cut", arguments: ambiguous)
    func dropped(_ fields: [String], _ kept: [String]) {
        let text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields.map { "\($0)\r\n" }.joined() + "Last: z\r\n\r\n"
        let (outcome, different) = parseEveryWay(latin1(text))
        #expect(different == nil)
        #expect(outcome.head?.fields.map { "\($0.name): \($0.value)" } == ["host: h"] + kept + ["last: z"])
        #expect(outcome.head?.hasDroppedFields == true)
        #expect(outcome.head?.framing == RequestHead.Framing.none)
    }

    @Test("are refused if that is wanted, wherever the bytes were cut", arguments: ambiguous)
    func refused(_ fields: [String], _ kept: [String]) {
        let text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields.map { "\($0)\r\n" }.joined() + "\r\n"
        let (outcome, different) = parseEveryWay(latin1(text), headerMap: .refuse)
        #expect(different == nil)
        #expect(outcome.status == 400)
        #expect(outcome.rejection?.reason.contains("header_map = refuse") == true)
    }

    @Test("count for the limit of fields")
    func counted() {
        var limits = RequestLimits()
        limits.fieldCount = 3
        let three = "GET / HTTP/1.1\r\nHost: h\r\na_: 1\r\nb_: 2\r\n"
        #expect(parse(three + "\r\n", limits: limits).status == 0)
        #expect(parse(three + "c_: 3\r\n\r\n", limits: limits).status == 431)
    }

    @Test("are no fields with other signs in their names, and no lists")
    func others() {
        for map in HeaderMap.allCases {
            let head = parse(latin1("GET / HTTP/1.1\r\nHost: h\r\na.b: 1\r\nAccept: x\r\nAccept: y\r\n\r\n"), headerMap: map).head
            #expect(head?.fields.count == 4)
            #expect(head?.hasDroppedFields == false)
        }
    }

    @Test("a head says whether a proxy names its client", arguments: [
        ("X-Forwarded-For: a", true), ("x-forwarded-foe: a", false), ("x-forwarded-fo: a", false), ("Accept-Encoding: a", false), ("X-Forwarded_For: a", false),
    ])
    func forwarded(_ field: String, _ isForwarded: Bool) {
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n").head?.isForwarded == isForwarded)
    }

    @Test("a head says whether a response may end with trailers", arguments: [
        ("TE: trailers", true), ("te: gzip;q=0.5, Trailers ", true), ("te: trailers, deflate", true), ("te: trailer", false), ("te:", false), ("tf: trailers", false),
        ("te: \"trailers\"", false),
    ])
    func trailers(_ field: String, _ takesTrailers: Bool) {
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n").head?.takesTrailers == takesTrailers)
        #expect(parse("GET / HTTP/1.0\r\nHost: h\r\n\(field)\r\n\r\n").head?.takesTrailers == false)
    }

    @Test("a head says whether a proxy tells when the request came", arguments: [
        ("X-Request-Start: a", true), ("x-request-start: a", true), ("x-request-stars: a", false), ("y-request-start: a", false), ("X_Request_Start: a", false),
    ])
    func started(_ field: String, _ tellsStart: Bool) {
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n").head?.tellsStart == tellsStart)
    }

    @Test("a head says whether it brings an id", arguments: [
        ("X-Request-ID: a", true), ("TraceParent: 00-0", true), ("x-request-is: a", false), ("traceparents: a", false), ("X_Request_ID: a", false),
    ])
    func named(_ field: String, _ names: Bool) {
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n").head?.namesRequest == names)
    }
}
