import NIOSSL
import Testing

@testable import Roost

@Suite("Verification of clients' certificates")
struct ClientVerifierTests {
    private let certificates: Certificates
    private let verifier: ClientVerifier

    init() throws {
        certificates = try Certificates()
        verifier = try #require(ClientVerifier(authorities: Self.encoded(certificates.authority)))
    }

    private static func encoded(_ path: String) throws -> [[UInt8]] { try NIOSSLCertificate.fromPEMFile(path).map { try $0.toDERBytes() } }

    private func chain(_ name: String) throws -> [[UInt8]] { try Self.encoded(certificates.path("\(name).pem")) }

    @Test("whom the authority has certified is accepted, also by way of others, in whatever order they come")
    func accepted() throws {
        try certificates.sign("alice", subject: "/CN=alice")
        #expect(verifier.refusal(of: try chain("alice")) == nil)
        #expect(verifier.refusal(of: try chain("alice") + Self.encoded(certificates.authority)) == nil)
        try certificates.sign("upper", subject: "/CN=Upper", isAuthority: true)
        try certificates.sign("lower", subject: "/CN=Lower", issuer: "upper", isAuthority: true)
        try certificates.sign("bob", subject: "/CN=bob", issuer: "lower")
        let bob = try chain("bob")
        #expect(bob.count == 3)
        #expect(verifier.refusal(of: bob) == nil)
        #expect(verifier.refusal(of: [bob[0], bob[2], bob[1]]) == nil)
    }

    @Test("nobody else is, and why is said")
    func refused() throws {
        try certificates.sign("alice", subject: "/CN=alice")
        try certificates.sign("old", subject: "/CN=old", days: -1)
        try certificates.sign("server", subject: "/CN=server", hosts: ["example.org"])
        try certificates.sign("upper", subject: "/CN=Upper", isAuthority: true)
        try certificates.sign("bob", subject: "/CN=bob", issuer: "upper")
        // Who was certified certifies no others.
        try certificates.sign("mallory", subject: "/CN=mallory", issuer: "alice")
        let others = try Certificates()
        try others.sign("stranger", subject: "/CN=alice")
        let stranger = try Self.encoded(others.path("stranger.pem"))
        let alice = try chain("alice")
        for (chain, reason) in [
            (try chain("old"), "certificate has expired"), (try chain("server"), "unsupported certificate purpose"),
            (try chain("mallory"), "invalid CA certificate"), ([try chain("bob")[0]], "unable to get local issuer certificate"),
            (try Self.encoded(others.authority), "self signed certificate"), (stranger, "unable to get local issuer certificate"),
            (stranger + alice, "unable to get local issuer certificate"), ([], "a certificate can't be read"), ([[]], "a certificate can't be read"),
            ([alice[0] + [0]], "a certificate can't be read"), (alice + [[0x30]], "a certificate can't be read"),
        ] { #expect(verifier.refusal(of: chain) == reason) }
    }

    @Test("a certificate of which one byte is another is refused, whichever it is, as is one that is cut off")
    func mutations() throws {
        try certificates.sign("alice", subject: "/CN=alice")
        let alice = try chain("alice")[0]
        for index in alice.indices {
            for bit in [1, 0x20, 0x80] as [UInt8] {
                var mutated = alice
                mutated[index] ^= bit
                #expect(verifier.refusal(of: [mutated]) != nil, "bit \(bit) of byte \(index)")
            }
            #expect(verifier.refusal(of: [Array(alice[..<index])]) != nil)
        }
        #expect(verifier.refusal(of: [alice]) == nil)
    }

    @Test("authorities that can't be read are none")
    func authorities() throws {
        #expect(ClientVerifier(authorities: [[1, 2, 3]]) == nil)
        let none = try #require(ClientVerifier(authorities: []))
        #expect(none.refusal(of: try Self.encoded(certificates.authority)) == "self signed certificate")
    }

    @Test("chains are kept by their first certificate, those of so many clients")
    func chains() {
        let chains = ClientChains()
        func chain(_ number: Int) -> [[UInt8]] { [[UInt8(truncatingIfNeeded: number), UInt8(number >> 8)], [9]] }
        chains.keep([[7]])
        for number in 0..<300 {
            chains.keep(chain(number))
            chains.keep(chain(number))
            #expect(chains.chain(from: chain(number)[0]) == chain(number))
        }
        #expect((0..<300).count { chains.chain(from: chain($0)[0]).count == 2 } == 256)
        #expect(chains.chain(from: chain(43)[0]) == [chain(43)[0]] && chains.chain(from: chain(44)[0]) == chain(44))
    }
}
