import ProxyProtocol
import Testing

@testable import Roost

@Suite("A network")
struct IPNetworkTests {
    @Test(
        "is written as an address and a number of bits, or as an address alone",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"), ("192.0.2.1", "192.0.2.1"), ("192.0.2.1/32", "192.0.2.1"),
            ("192.0.2.0/31", "192.0.2.0/31"), ("2001:DB8::/32", "2001:db8::/32"), ("::/0", "::/0"), ("::1", "::1"), ("::1/128", "::1"),
            ("::ffff:10.1.2.3", "10.1.2.3"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::ffff:0:0/96", "0.0.0.0/0"), ("10.0.0.0/08", "10.0.0.0/8"),
        ]
    )
    func text(_ text: String, _ description: String) throws {
        let network = try IPNetwork(text)
        #expect(network.description == description)
        #expect(try IPNetwork(description) == network)
    }

    @Test(
        "of any other form is refused, with a line that says why and what would be right",
        arguments: [
            ("10.0.0.1/8", "the network is 10.0.0.0/8, the address alone 10.0.0.1"), ("2001:db8::1/32", "for example 2001:db8::/32"),
            ("::ffff:10.0.0.1/104", "bits behind the first 104 are set"), ("::ffff:0:0/95", "bits behind the first 95"),
            ("10.0.0.0/33", "from 0 to 32"), ("10.0.0.0/", "from 0 to 32"), ("10.0.0.0/-1", "from 0 to 32"), ("10.0.0.0/+8", "from 0 to 32"),
            ("10.0.0.0/8/8", "from 0 to 32"), ("10.0.0.0/99999999999999999999", "from 0 to 32"), ("::/129", "from 0 to 128"),
            ("10.0.0.0/255.0.0.0", "from 0 to 32"), ("localhost", "names are not looked up"), ("10.0.0", "expected an IP address"),
            ("[::1]", "without brackets"), ("[::1]:80", "for example ::1"), ("10.0.0.1:80", "without a port"), ("/8", "expected an IP address"),
            (" 10.0.0.1", "expected an IP address"), ("fe80::1%eth0", "expected an IP address"), ("[", "expected an IP address"),
        ]
    )
    func refused(_ text: String, _ part: String) {
        let error = #expect(throws: TrustedPeerError.self) { try IPNetwork(text) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test(
        "contains the addresses that begin with its bits",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "::10.1.2.3", false), ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", false),
            ("::/0", "::ffff:1.2.3.4", false), ("::/0", "ffff::", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false), ("192.0.2.4/30", "192.0.2.7", true), ("192.0.2.4/30", "192.0.2.8", false),
            ("::1", "::1", true), ("::1", "::2", false), ("128.0.0.0/1", "127.255.255.255", false), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ]
    )
    func contains(_ network: String, _ address: String, _ isInside: Bool) throws {
        #expect(try IPNetwork(network).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test("is made of an address and a length only if they fit")
    func made() throws {
        let address = try #require(IPAddress("10.0.0.0"))
        #expect(IPNetwork(address, prefixLength: 7)?.description == "10.0.0.0/7")
        #expect(IPNetwork(address, prefixLength: 6) == nil)
        #expect(IPNetwork(address, prefixLength: 33) == nil)
        #expect(IPNetwork(address, prefixLength: -1) == nil)
    }
}
