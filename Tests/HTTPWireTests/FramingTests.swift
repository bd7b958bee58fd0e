import HTTPWire
import Testing

@Suite("A request's body is framed")
struct FramingTests {
    @Test(
        "by its fields",
        arguments: [
            ([], RequestHead.Framing.none),
            (["Content-Length: 0"], .none),
            (["Content-Length: 1"], .length(1)),
            (["content-length:5"], .length(5)),
            (["CONTENT-LENGTH:   42  "], .length(42)),
            (["Content-Length: 00000007"], .length(7)),
            (["Content-Length: 9223372036854775807"], .length(.max)),
            (["Transfer-Encoding: chunked"], .chunked),
            (["transfer-encoding:CHUNKED"], .chunked),
            (["TRANSFER-ENCODING:  Chunked  "], .chunked),
            (["Content-Lengthy: 5"], .none),
            (["X-Content-Length: 5"], .none),
            (["Content_Length: 5"], .none),
            (["Transfer_Encoding: chunked"], .none),
        ]
    )
    func framing(_ fields: [String], _ framing: RequestHead.Framing) {
        let text = (["POST / HTTP/1.1", "Host: h"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
        let (outcome, different) = parseEveryWay(latin1(text))
        #expect(outcome.head?.framing == framing, "\(outcome)")
        #expect(different == nil)
    }

    @Test(
        "in one way only, or the request is refused",
        arguments: [
            // Content-Length.
            (["Content-Length:"], 400), (["Content-Length: "], 400), (["Content-Length: +5"], 400), (["Content-Length: -5"], 400), (["Content-Length: -0"], 400),
            (["Content-Length: 5 5"], 400), (["Content-Length: 5,5"], 400), (["Content-Length: 5, 5"], 400), (["Content-Length: 5,"], 400), (["Content-Length: ,5"], 400),
            (["Content-Length: 0x5"], 400), (["Content-Length: 5.0"], 400), (["Content-Length: 5e1"], 400), (["Content-Length: five"], 400), (["Content-Length: \"5\""], 400),
            (["Content-Length: 5;a"], 400), (["Content-Length: \u{B2}"], 400), (["Content-Length: 1_0"], 400), (["Content-Length: 1\t"], 400), (["Content-Length:\t1"], 400),
            (["Content-Length: \t 1"], 400), (["Content-Length: 1 \t "], 400), (["Content-Length: 9223372036854775808"], 400), (["Content-Length: 9999999999999999999"], 400),
            (["Content-Length: 18446744073709551616"], 400), (["Content-Length: 00000000000000000005"], 400),
            (["Content-Length: 5", "Content-Length: 5"], 400), (["Content-Length: 5", "Content-Length: 6"], 400), (["Content-Length: 0", "content-length: 0"], 400),
            // Both.
            (["Content-Length: 5", "Transfer-Encoding: chunked"], 400), (["Transfer-Encoding: chunked", "Content-Length: 5"], 400), (["Content-Length: 0", "Transfer-Encoding: chunked"], 400),
            (["Content-Length: 5", "Transfer-Encoding: x"], 400),
            // Transfer-Encoding.
            (["Transfer-Encoding:"], 400), (["Transfer-Encoding: ,"], 400), (["Transfer-Encoding: chunked,"], 400), (["Transfer-Encoding: ,chunked"], 400),
            (["Transfer-Encoding: chunked, chunked"], 400), (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400), (["Transfer-Encoding: chunked", "Transfer-Encoding: x"], 400),
            (["Transfer-Encoding: chunked, gzip"], 400), (["Transfer-Encoding: chunked, identity"], 400), (["Transfer-Encoding: chunked chunked"], 400), (["Transfer-Encoding: chunked x"], 400),
            (["Transfer-Encoding: \"chunked\""], 400), (["Transfer-Encoding: chunked;a=b"], 400), (["Transfer-Encoding: chunked;"], 400), (["Transfer-Encoding: (chunked)"], 400),
            (["Transfer-Encoding:\tchunked"], 400), (["Transfer-Encoding: chunked\t"], 400), (["Transfer-Encoding: \u{B}chunked"], 400), (["Transfer-Encoding: chunked\u{0}"], 400),
            (["Transfer-Encoding : chunked"], 400), ([" Transfer-Encoding: chunked"], 400), (["Transfer-Encoding: chunked\u{A0}"], 400), (["Transfer-Encoding: \u{FF}chunked"], 400),
            (["Transfer-Encoding: gzip"], 501), (["Transfer-Encoding: gzip, chunked"], 501), (["Transfer-Encoding: identity"], 501), (["Transfer-Encoding: identity, chunked"], 501),
            (["Transfer-Encoding: xchunked"], 501), (["Transfer-Encoding: chunkedx"], 501), (["Transfer-Encoding: chunk"], 501), (["Transfer-Encoding: x-chunked"], 501),
            (["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], 501),
        ] as [([Input], Int)]
    )
    func refusals(_ fields: [Input], _ status: Int) {
        let text = (["POST / HTTP/1.1", "Host: h"] + fields.map(\.text)).joined(separator: "\r\n") + "\r\n\r\n"
        let (outcome, different) = parseEveryWay(latin1(text))
        #expect(outcome.status == status, "\(outcome)")
        #expect(different == nil)
    }

    @Test("on HTTP/1.0 by Content-Length only")
    func http10() {
        #expect(parse("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n").head?.framing == .length(3))
        #expect(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status == 400)
        #expect(parse("POST / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n").status == 400)
    }
}
