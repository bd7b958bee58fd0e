import Glibc
import Logging
import Testing

@testable import RoostHost

@Suite("What a StatsD server is told")
struct StatsDTests {
    @Test("counts together and times one by one, with the prefix and the tags")
    func lines() {
        var lines = StatsDLines(prefix: "shop.", tags: "env:prod,team:web")
        lines.request(status: 200, duration: .microseconds(1500))
        lines.request(status: 200, duration: .seconds(12))
        lines.request(status: 0, duration: .seconds(-1))
        lines.logged("error")
        #expect(lines.take() == ["""
            shop.roost.log.error:1|c|#env:prod,team:web
            shop.roost.request.status.200:2|c|#env:prod,team:web
            shop.roost.requests:3|c|#env:prod,team:web
            shop.roost.request.duration:1.500|ms|#env:prod,team:web
            shop.roost.request.duration:12000.000|ms|#env:prod,team:web
            shop.roost.request.duration:0.000|ms|#env:prod,team:web
            """])
        #expect(lines.take().isEmpty)
    }

    @Test("in datagrams that are not cut on their way")
    func datagrams() {
        var lines = StatsDLines(prefix: "", tags: "")
        for _ in 0..<100 { lines.request(status: 200, duration: .milliseconds(7)) }
        #expect(lines.isFull)
        let datagrams = lines.take()
        #expect(datagrams.count > 1)
        #expect(datagrams.allSatisfy { $0.utf8.count <= StatsDLines.datagram && !$0.hasSuffix("\n") })
        let all = datagrams.flatMap { $0.split(separator: "\n") }
        #expect(all.count { $0 == "roost.request.duration:7.000|ms" } == 100)
        #expect(all.contains("roost.requests:100|c"))
        #expect(!lines.isFull)
    }

    @Test("where the setting says", arguments: [
        ("127.0.0.1", "127.0.0.1:8125"), ("stats.example:9125", "stats.example:9125"), ("[::1]", "[::1]:8125"), ("[::1]:7", "[::1]:7"),
    ])
    func servers(_ text: String, _ server: String) {
        #expect(StatsDServer(text)?.description == server)
    }

    @Test("nowhere else", arguments: ["", ":8125", "a:", "a:0", "a:65536", "a:x", "a b:1", "[::1", "[]:1", "[::1]8125", "a:+1", "::1"])
    func malformed(_ text: String) {
        #expect(StatsDServer(text) == nil)
    }

    @Test("over UDP, and nobody waits if it is not there")
    func sent() throws {
        let receiver = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(receiver, $0, length) == 0)
                try #require(getsockname(receiver, $0, &length) == 0)
            }
        }
        let server = try #require(StatsDServer("127.0.0.1:\(UInt16(bigEndian: address.sin_port))"))
        let sender = try StatsDSender(server, prefix: "", tags: "")
        let logger = Logger(label: "test") { _ in StatsDLogHandler(sender, before: SwiftLogNoOpLogHandler()) }
        logger.critical("counted")
        sender.logged(.notice)
        sender.flush()
        var received = ""
        var buffer = [UInt8](repeating: 0, count: 2000)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let count = recv(receiver, &buffer, buffer.count, 0)
        if count > 0 { received = String(decoding: buffer.prefix(count), as: UTF8.self) }
        #expect(received == "roost.log.critical:1|c")
        close(receiver)
        for _ in 0..<3 {
            sender.logged(.error)
            sender.flush()
        }
    }

    @Test("is an error that names the setting if there is no such host")
    func unknownHost() throws {
        let server = try #require(StatsDServer("no-such-host.invalid"))
        #expect { try StatsDSender(server, prefix: "", tags: "") } throws: { "\($0)".hasPrefix("statsd_host \"no-such-host.invalid:8125\": ") }
    }
}
