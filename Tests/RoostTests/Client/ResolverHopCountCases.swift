@testable import Roost

extension ResolverCases {
    private static func count(_ hops: Int) -> (inout ResolverCase) -> Void {
        { ($0.hops, $0.allow) = (hops, "") }
    }

    static let hopCounts: [ResolverCase] = [
        .sender("one of one", "203.0.113.7", is: "203.0.113.7:0", count(1)),
        .sender("one of many", "1.1.1.1, 203.0.113.7", is: "203.0.113.7:0", count(1)),
        .sender("two of many", "1.1.1.1, 203.0.113.7, 198.51.100.1", is: "203.0.113.7:0", count(2)),
        .sender("two over lines", "1.1.1.1, 203.0.113.7", "198.51.100.1", is: "203.0.113.7:0", count(2)),
        .sender("three, over lines and empty elements", "1.1.1.1", ", 203.0.113.7,", ",198.51.100.1, 198.51.100.2,", is: "203.0.113.7:0", count(3)),
        .sender("addresses that would be trusted mean nothing", "203.0.113.7, 10.0.0.2", is: "10.0.0.2:0") { $0.hops = 1 },
        .sender("too few", "203.0.113.7", is: "10.0.0.9:5000", problem: "fewer entries than forwarded_hops") {
            count(2)(&$0)
            $0.lines += ["X-Forwarded-Proto: https"]
        },
        .sender("none", is: "10.0.0.9:5000", count(1)),
        .sender("none, but another family", is: "10.0.0.9:5000") {
            count(1)(&$0)
            $0.lines = ["Forwarded: for=203.0.113.7"]
        },
        .sender("only empty ones", ",,", is: "10.0.0.9:5000", count(1)),
        .sender("the field is not believed", "203.0.113.7", is: "10.0.0.9:5000") {
            count(2)(&$0)
            $0.headers = [.xForwardedProto]
            $0.lines += ["X-Forwarded-Proto: ws, https, http"]
            $0.expected.scheme = "https"
        },
        .sender("unknown in between", "203.0.113.7, unknown", is: "203.0.113.7:0", count(2)),
        .sender("unknown at its place", "203.0.113.7, unknown", is: nil, count(1)),
        .sender("malformed in between", "203.0.113.7, evil, 198.51.100.1", is: nil, problem: "x-forwarded-for has an entry", count(3)),
        .sender("malformed at its place", "evil, 198.51.100.1", is: nil, problem: "x-forwarded-for has an entry", count(2)),
        .sender("malformed left of it", "evil, 203.0.113.7", is: "203.0.113.7:0", count(1)),
        .sender("proto of the same proxy", "203.0.113.7, 198.51.100.1", is: "203.0.113.7:0") {
            count(2)(&$0)
            $0.lines += ["X-Forwarded-Proto: http, https, http"]
            $0.expected.scheme = "https"
        },
        .forwarded("Forwarded: two of many", "for=1.1.1.1, for=203.0.113.7;proto=https, for=198.51.100.1;proto=http", is: "203.0.113.7:0", scheme: "https", count(2)),
        .forwarded("Forwarded: too few", "for=203.0.113.7;proto=https", is: "10.0.0.9:5000", problem: "forwarded has fewer entries", count(2)),
        .forwarded("Forwarded: an element without for in between", "for=203.0.113.7;proto=https, proto=http", is: "203.0.113.7:0", scheme: "https", count(2)),
        .forwarded("Forwarded: a malformed line before", "for=\"evil", "for=203.0.113.7", is: "203.0.113.7:0", count(1)),
        .forwarded("Forwarded: a malformed line within", "for=\"evil", "for=203.0.113.7", is: nil, problem: "forwarded has a line", count(2)),
    ]
}
