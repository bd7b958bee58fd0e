import ProxyProtocol
import Testing

@testable import Roost

@Suite("The log of refusals")
struct RefusalLogTests {
    private func origin(_ host: String) -> ConnectionOrigin {
        ConnectionOrigin(client: Endpoint(host: host, port: 1), server: nil, policy: PeerPolicy(Config()))
    }

    @Test("has one line for each source, reason and minute, and counts the rest")
    func throttled() {
        let (refusals, log) = (RefusalLog(), LogCapture())
        let (one, other) = (origin("192.0.2.1"), origin("192.0.2.2"))
        let minute: UInt64 = 60_000_000_000
        for second in 0..<50 as Range<UInt64> {
            refusals.log("a", of: one, with: log.logger, at: MonotonicTime(nanoseconds: second * 1_000_000_000))
        }
        refusals.log("b", of: one, with: log.logger, at: MonotonicTime(nanoseconds: 0))
        refusals.log("a", of: other, with: log.logger, at: MonotonicTime(nanoseconds: 0))
        #expect(log.lines.map(\.message) == ["a", "b", "a"])
        refusals.log("a", of: one, with: log.logger, at: MonotonicTime(nanoseconds: minute))
        #expect(log.lines.last?.metadata == ["client": "192.0.2.1:1", "suppressed": "49"])
    }

    @Test("tells once that a proxy seems to be there that nobody is told to believe")
    func unbelieved() throws {
        for (trusted, lines) in [([], 1), ([.unix], 0), ([.network(IPNetwork(.v4(IPv4Address(bits: 1))))], 0)] as [(TrustedPeers, Int)] {
            let log = LogCapture()
            try withMemoryConnection(Apps.hello, log: log) { $0.forwardedAllowIPs = trusted } _: { memory in
                for _ in 0..<3 { memory.receive("GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 192.0.2.1\r\n\r\n") }
                memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            }
            #expect(log.lines(containing: "forwarded_allow_ips").count == lines)
        }
    }

    @Test("tells of fields that were left out")
    func dropped() throws {
        let log = LogCapture()
        try withMemoryConnection(Apps.hello, log: log) { memory in
            for _ in 0..<3 { memory.receive("GET / HTTP/1.1\r\nhost: a\r\nx_real_ip: 192.0.2.1\r\n\r\n") }
        }
        #expect(log.lines(containing: "header_map").count == 1)
    }

    @Test("does not grow with the number of sources")
    func bounded() {
        let (refusals, log) = (RefusalLog(), LogCapture())
        for number in 0..<3000 {
            refusals.log("a", of: origin("10.0.\(number / 256).\(number % 256)"), with: log.logger, at: MonotonicTime(nanoseconds: 0))
        }
        #expect(log.lines.count == 3000)
    }
}
