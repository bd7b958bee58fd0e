import HTTPWire
import SeededRandom
import Testing

@Suite("A request's id")
struct RequestIDTests {
    @Test("is 32 hexadecimal digits if it was made")
    func made() {
        #expect(RequestID(0, 0).description == String(repeating: "0", count: 32))
        #expect(RequestID(0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210).description == "0123456789abcdeffedcba9876543210")
        #expect(RequestID(.max, 9).description == "ffffffffffffffff0000000000000009")
        var random = SeededGenerator(seed: 7)
        for _ in 0..<1000 {
            let (high, low) = (random.next(), random.next())
            let digits = [high, low].map { number in
                let digits = String(number, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            #expect(RequestID(high, low).description == digits.joined())
        }
    }

    @Test("is taken as it is if it can stand in any log", arguments: ["a", "4bf92f3577b34da6a3ce929d0e0e4736", "AZaz09._~+/=:@-", String(repeating: "x", count: 288)])
    func received(_ text: String) {
        #expect(RequestID(text)?.description == text)
    }

    @Test("is not taken if it can't", arguments: ["", " ", "a b", "a\r\nb", "a\"b", "a,b", "a;b", "a\\b", "ä", "\0", "a[b", "a`b", "a{b", String(repeating: "x", count: 289)])
    func refused(_ text: String) {
        #expect(RequestID(text) == nil)
    }

    @Test("is a field of the response unless the application has set one")
    func field() throws {
        func head(_ headers: Headers, _ id: RequestID?) throws -> String {
            var buffer = WireBuffer()
            _ = try buffer.appendResponseHead(
                status: 200, headers: headers, bodyLength: 0, context: ResponseContext(requestVersion: .http11, isHead: false, keepAlive: true),
                date: nil, server: nil, requestID: id
            )
            return buffer.withUnsafeReadableBytes { String(decoding: $0, as: UTF8.self) }
        }
        let id = RequestID("abc-1")
        #expect(try head([:], id) == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-request-id: abc-1\r\n\r\n")
        #expect(try head(["X-Request-ID": "own"], id) == "HTTP/1.1 200 OK\r\nX-Request-ID: own\r\ncontent-length: 0\r\n\r\n")
        #expect(try head([:], nil) == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    }
}
