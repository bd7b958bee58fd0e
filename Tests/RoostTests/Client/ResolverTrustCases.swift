@testable import Roost

/// The tables of `ResolverTests`, one for each thing that decides.
enum ResolverCases {
    static let trust: [ResolverCase] = [
        .sender("no fields", is: "10.0.0.9:5000"),
        .sender("a proxy in a trusted network", "203.0.113.7", is: "203.0.113.7:0"),
        .sender("a proxy in a trusted network, as a mapped address", "203.0.113.7", is: "203.0.113.7:0") { $0.hop = .ip(ip("::ffff:10.0.0.9")) },
        .sender("a proxy in a trusted IPv6 network", "203.0.113.7", is: "203.0.113.7:0") { $0.hop = .ip(ip("2001:db8:a::1")) },
        .sender("a stranger", "203.0.113.7", is: "198.51.100.1:5000") { $0.hop = .ip(ip("198.51.100.1")) },
        .sender("nobody is trusted", "203.0.113.7", is: "10.0.0.9:5000") { $0.allow = "" },
        .sender("an address alone is trusted", "203.0.113.7", is: "203.0.113.7:0") { $0.allow = "10.0.0.9" },
        .sender("another address alone is trusted", "203.0.113.7", is: "10.0.0.9:5000") { $0.allow = "10.0.0.8" },
        .sender("a Unix peer that is trusted", "203.0.113.7", is: "203.0.113.7:0") { ($0.hop, $0.allow) = (.unix, "unix:") },
        .sender("a Unix peer that is not", "203.0.113.7", is: nil) { $0.hop = .unix },
        .sender("a Unix peer where any IP address is trusted", "203.0.113.7", is: nil) { ($0.hop, $0.allow) = (.unix, "0.0.0.0/0,::/0") },
        .sender("an IP peer where Unix peers are trusted", "203.0.113.7", is: "10.0.0.9:5000") { $0.allow = "unix:" },
        .sender("anyone, over IP", "203.0.113.7", is: "203.0.113.7:0") { ($0.hop, $0.allow) = (.ip(ip("198.51.100.1")), "*") },
        .sender("anyone, over Unix", "203.0.113.7", is: "203.0.113.7:0") { ($0.hop, $0.allow) = (.unix, "*") },
        .sender("anyone, even nobody knows who", "203.0.113.7", is: "203.0.113.7:0") { ($0.hop, $0.allow) = (.unknown, "*") },
        .sender("nobody knows who, and not everyone is trusted", "203.0.113.7", is: nil) { ($0.hop, $0.allow) = (.unknown, "unix:,0.0.0.0/0,::/0") },
        .sender("a stranger, with a number of hops", "203.0.113.7", is: "203.0.113.7:0") {
            ($0.hop, $0.allow, $0.hops) = (.ip(ip("198.51.100.1")), "", 1)
        },
        .sender("a stranger with every field there is changes nothing", "203.0.113.7", is: "198.51.100.1:5000") {
            $0.hop = .ip(ip("198.51.100.1"))
            $0.headers = Set(ForwardedHeader.allCases)
            $0.lines += [
                "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /evil",
                "Forwarded: for=203.0.113.8;proto=https;host=evil.example",
            ]
        },
        .sender("malformed fields of a stranger are no problem of ours", "evil", is: "198.51.100.1:5000") { $0.hop = .ip(ip("198.51.100.1")) },
        .sender("no field is believed", "203.0.113.7", is: "10.0.0.9:5000") {
            $0.headers = []
            $0.lines += ["Forwarded: for=203.0.113.8"]
        },
        .sender("a field that is not believed", "203.0.113.7", is: "10.0.0.9:5000") {
            $0.headers = [.xForwardedProto]
            $0.lines += ["X-Forwarded-Proto: https"]
            $0.expected.scheme = "https"
        },
        .sender("Forwarded beside X-Forwarded-For is hidden", "203.0.113.7", is: "203.0.113.7:0") {
            $0.lines += ["Forwarded: for=198.51.100.66;proto=https"]
            $0.expected.hidden = .forwarded
        },
        .sender("X-Forwarded-Prefix beside Forwarded is hidden", is: "203.0.113.7:0") {
            $0.headers = [.forwarded]
            $0.lines = ["X-Forwarded-Prefix: /evil", "Forwarded: for=203.0.113.7"]
            $0.expected.hidden = .xForwarded
        },
        .sender("Forwarded alone is not hidden, nor believed", is: "10.0.0.9:5000") { $0.lines = ["Forwarded: for=198.51.100.66;proto=https"] },
        .sender("names that only look like it", is: "10.0.0.9:5000") {
            $0.lines = ["X-Forwarded-Fox: 203.0.113.7", "X-Forwarded-From: 203.0.113.7", "X-Forwarded-Prot0: https", "Forwarder: for=203.0.113.7", "X-Forwarded: for=203.0.113.7"]
        },
    ]
}
