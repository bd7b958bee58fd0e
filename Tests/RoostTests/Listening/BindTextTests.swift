import Testing

@testable import Roost

@Suite("Binds as text")
struct BindTextTests {
    private static let ten = TrustedPeers([.unix, try! TrustedPeer("10.0.0.0/8"), try! TrustedPeer("2001:db8::/32")])

    static let forms: [(String, Bind)] = [
        ("127.0.0.1:8000", .tcp(host: "127.0.0.1", port: 8000)),
        ("unix:/run/app.sock?proxy_protocol=v2", Bind(.unix(path: "/run/app.sock"), proxyProtocol: .v2)),
        ("unix:/run/a&b=c.sock?proxy_protocol=auto", Bind(.unix(path: "/run/a&b=c.sock"), proxyProtocol: .auto)),
        ("[::1]:80?proxy_allow_from=unix:,10.0.0.0/8,2001:db8::/32", Bind(.tcp(host: "::1", port: 80), proxyAllowFrom: ten)),
        ("systemd:?forwarded_allow_ips=*", Bind(.systemd(name: nil), forwardedAllowIPs: [.anyone])),
        ("systemd:web?proxy_protocol=off&proxy_allow_from=none", Bind(.systemd(name: "web"), proxyProtocol: .off, proxyAllowFrom: [])),
        ("fd://3?forwarded_allow_ips=none", Bind(.descriptor(3), forwardedAllowIPs: [])),
        ("127.0.0.1:80?tls=false", Bind(.tcp(host: "127.0.0.1", port: 80), tls: false)),
        (":443?proxy_protocol=v2&tls=true", Bind(.tcp(host: "", port: 443), proxyProtocol: .v2, tls: true)),
        (
            "unix:@app?proxy_protocol=required&proxy_allow_from=*&forwarded_allow_ips=unix:",
            Bind(.abstract(name: "app"), proxyProtocol: .required, proxyAllowFrom: [.anyone], forwardedAllowIPs: [.unix])
        ),
    ]

    @Test("an address and its options are understood", arguments: forms)
    func form(text: String, bind: Bind) throws {
        #expect(try Bind(text) == bind)
    }

    @Test("the description is the text itself, and reads back as the same bind", arguments: forms)
    func roundTrip(text: String, bind: Bind) throws {
        #expect(bind.description == text)
        #expect(try Bind(bind.description) == bind)
    }

    @Test("every mode reads back", arguments: ProxyProtocolMode.allCases)
    func modes(_ mode: ProxyProtocolMode) throws {
        let bind = Bind(.tcp(host: "", port: 80), proxyProtocol: mode)
        #expect(try Bind(bind.description) == bind)
    }

    @Test("options come in any order, with dashes, with a mode in any case", arguments: [
        "/a?forwarded_allow_ips=unix:&proxy_protocol=v1", "/a?forwarded-allow-ips=unix:&proxy-protocol=V1", "unix:/a?proxy-protocol=v1&forwarded_allow-ips=unix:",
    ])
    func spellings(_ text: String) throws {
        #expect(try Bind(text) == Bind(.unix(path: "/a"), proxyProtocol: .v1, forwardedAllowIPs: [.unix]))
    }

    @Test("nothing is percent-decoded")
    func percent() throws {
        #expect(try Bind("/a%3Fproxy_protocol=v1") == .unix(path: "/a%3Fproxy_protocol=v1"))
    }

    @Test("an option that is none is refused with what was expected and an example", arguments: [
        ("unix:/a?", "an option is missing after ? or &", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy_protocol=v2&", "an option is missing after ? or &", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?=v2", "an option has no name; the options are proxy_protocol, proxy_allow_from, forwarded_allow_ips and tls", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy=v2", "there is no option \"proxy\"; the options are proxy_protocol, proxy_allow_from, forwarded_allow_ips and tls", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy_allow=unix:", "there is no option \"proxy_allow\"", "unix:/a?proxy_allow_from=unix:,10.0.0.0/8"),
        ("unix:/a?forwarded=unix:", "there is no option \"forwarded\"", "unix:/a?forwarded_allow_ips=unix:"),
        ("unix:/a?PROXY_PROTOCOL=v1", "there is no option \"PROXY_PROTOCOL\"", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy_protocol", "proxy_protocol has no value", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy_allow_from=", "the value of proxy_allow_from is empty", "unix:/a?proxy_allow_from=unix:,10.0.0.0/8"),
        ("unix:/a?proxy_protocol=v1&proxy-protocol=v2", "proxy_protocol is given twice", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy_protocol=on", "proxy_protocol is off, auto, v1, v2 or required, not \"on\"", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?tls=maybe", "tls is true or false, not \"maybe\"", "unix:/a?tls=false"),
        ("unix:/a?proxy_protocol=v1=v2", "not \"v1=v2\"", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?proxy_allow_from=unix:,10.0.0.1/8", "proxy_allow_from has \"10.0.0.1/8\": bits behind", "unix:/a?proxy_allow_from=unix:,10.0.0.0/8"),
        ("unix:/a?forwarded_allow_ips=::1,,unix:", "forwarded_allow_ips has \"\": it is empty", "unix:/a?forwarded_allow_ips=unix:"),
        ("unix:/a?forwarded_allow_ips=none,unix:", "forwarded_allow_ips has \"none\": expected", "unix:/a?forwarded_allow_ips=unix:"),
        ("unix:/a?b?proxy_protocol=v1", "there is no option \"b?proxy_protocol\"", "unix:/a?proxy_protocol=v2"),
        ("unix:/a?x\n=1", "there is no option \"x\\n\"", "unix:/a?proxy_protocol=v2"),
        ("8000?proxy_protocol=v1", "a port alone is written with a colon", ":8000 or 127.0.0.1:8000"),
        ("?proxy_protocol=v1", "it is empty", "127.0.0.1:8000"),
    ])
    func refused(text: String, problem: String, example: String) throws {
        let error = try #require(throws: BindAddressError.self) { try Bind(text) }
        #expect(error.text == text)
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.example == example)
        #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test("every example of an option is right")
    func examples() throws {
        for text in ["/a?proxy_x=", "/a?proxy_allow_from=", "/a?forwarded_allow_ips="] {
            let error = try #require(throws: BindAddressError.self) { try Bind(text) }
            #expect(throws: Never.self) { try Bind(error.example) }
        }
    }
}
