import Logging
import ProxyProtocol
import Testing

@testable import Roost

@Suite("The log of refusals")
struct RefusalLogTests {
    private static let second: UInt64 = 1_000_000_000

    private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64((1000 + seconds) * 1e9)) }

    @Test("has one line for each source, kind and minute, and counts the rest")
    func throttled() {
        let (refusals, log) = (RefusalLog(), LogCapture())
        for second in 0..<60 {
            refusals.log(.peer, "a", of: "x", ["client": "x"], with: log.logger, at: at(Double(second)))
        }
        refusals.log(.proxyHeader, "b", of: "x", [:], with: log.logger, at: at(1))
        refusals.log(.peer, "a", of: "y", [:], with: log.logger, at: at(1))
        #expect(log.lines.map(\.message) == ["a", "b", "a"])
        refusals.log(.peer, "a", of: "x", ["client": "x"], with: log.logger, at: at(59.9))
        #expect(log.lines.count == 3)
        refusals.log(.peer, "a", of: "x", ["client": "x"], with: log.logger, at: at(60))
        #expect(log.lines.last?.metadata == ["client": "x", "suppressed": "60"])
    }

    @Test("has a line for each header that is wrong, up to twenty a minute")
    func headers() {
        let (refusals, log) = (RefusalLog(), LogCapture())
        for second in 0..<60 { refusals.log(.proxyHeader, "a", of: "x", [:], with: log.logger, at: at(Double(second))) }
        #expect(log.lines.count == 20)
        refusals.log(.proxyHeader, "a", of: "x", [:], with: log.logger, at: at(61))
        #expect(log.lines.last?.metadata == ["suppressed": "40"])
    }

    @Test("has few lines for very many sources, and goes on when they are gone")
    func crowded() {
        let (refusals, log) = (RefusalLog(), LogCapture())
        for number in 0..<3000 {
            refusals.log(.peer, "a", of: "\(number)", [:], with: log.logger, at: at(0))
        }
        #expect(log.lines.count == RefusalLog.capacity + 1)
        #expect(log.lines.last?.message.contains("very many others") == true)
        refusals.log(.peer, "a", of: "new", [:], with: log.logger, at: at(30))
        #expect(log.lines.count == RefusalLog.capacity + 1)
        refusals.log(.peer, "a", of: "new", [:], with: log.logger, at: at(61))
        #expect(log.lines.count == RefusalLog.capacity + 2)
        #expect(log.lines.last?.message == "a")
    }

    @Test("takes all of a network that one caller may have for one source", arguments: [
        ("2001:db8::1", "2001:db8::/64"), ("2001:db8:0:0:ffff::9", "2001:db8::/64"), ("192.0.2.7", "192.0.2.7"), ("testclient", "testclient"),
    ])
    func source(_ host: String, _ source: String) {
        let origin = ConnectionOrigin(client: Endpoint(host: host, port: 1), server: nil, policy: PeerPolicy(Config()))
        #expect(origin.source == source)
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

    @Test("tells of fields that were left out, and whose they were")
    func dropped() throws {
        let log = LogCapture()
        try withMemoryConnection(Apps.hello, log: log) { $0.forwardedAllowIPs = [.unix] } _: { memory in
            for _ in 0..<3 { memory.receive("GET / HTTP/1.1\r\nhost: a\r\nx_real_ip: 192.0.2.1\r\nx-forwarded-for: 203.0.113.7\r\nx-request-id: abc\r\n\r\n") }
        }
        #expect(log.lines(containing: "header_map").map { [$0.metadata["client"], $0.metadata["request_id"]] } == [["203.0.113.7", "abc"]])
    }
}
