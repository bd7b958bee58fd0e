import NIOCore
import ProxyProtocol
import Roost
import Testing

@testable import RoostHost

@Suite("The extensions as the echo apps tell them")
struct EchoExtensionsTests {
    private static let ends = ProxyAddresses.ipv4(
        source: IPEndpoint(IPv4Address(bits: 0xC000_0207), port: 777), destination: IPEndpoint(IPv4Address(bits: 0x7F00_0001), port: 80), .stream)

    /// What the app answers over a connection that begins with this header.
    private func answer(_ app: BuiltinApp, _ header: ProxyHeader) async throws -> String {
        var config = Config()
        config.proxyProtocol = .required
        let connection = try await TestClient(app.framework, config).connect()
        connection.send(ByteBuffer(bytes: try header.encoded()))
        connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        var all = ""
        while let bytes = try await connection.receive() { all += String(buffer: bytes) }
        return all
    }

    @Test("a header with every TLV is told with every value", arguments: [BuiltinApp.echo, .echoWSGI])
    func everything(app: BuiltinApp) async throws {
        let ssl = ProxySSL(client: [.ssl, .certificateOnConnection], verify: 0, tlvs: [
            ProxyTLV(.sslVersion, "TLSv1.3"), ProxyTLV(.sslCommonName, "alice"), ProxyTLV(.sslCipher, "TLS_AES_128_GCM_SHA256"),
            ProxyTLV(.sslSignatureAlgorithm, "RSA-SHA256"), ProxyTLV(.sslKeyAlgorithm, "RSA2048"), ProxyTLV(.sslGroup, "X25519"),
            ProxyTLV(.sslSignatureScheme, "rsa_pss_rsae_sha256"),
        ])
        let header = ProxyHeader.v2(Self.ends, tlvs: [
            ProxyTLV(.alpn, "http/1.1"), ProxyTLV(.authority, "h.example"), ProxyTLV(.uniqueID, [0x61, 0xE9]), try ssl.tlv(),
            ProxyTLV(.networkNamespace, "blue"), ProxyTLV(ProxyTLV.Kind(rawValue: 0xE0), [1, 0xFF]),
        ])
        let text = try await answer(app, header)
        for expected in [
            #""proxy_protocol": {"version": 2, "command": "proxy", "source": ["192.0.2.7", 777], "destination": ["127.0.0.1", 80], "#,
            #""transport": "stream", "alpn": "http/1.1", "authority": "h.example", "unique_id": "aé", "netns": "blue", "#,
            #""ssl": {"client": 3, "verify": 0, "version": "TLSv1.3", "cn": "alice", "cipher": "TLS_AES_128_GCM_SHA256", "#,
            #""sig_alg": "RSA-SHA256", "key_alg": "RSA2048", "group": "X25519", "sig_scheme": "rsa_pss_rsae_sha256"}"#,
            #"[224, "01ff"]]}"#,
            #""tls": {"tls_version": 772, "cipher_suite": 4865, "client_cert_name": "CN=alice", "client_cert_chain": []}"#,
        ] {
            #expect(text.contains(expected), "\(expected) is not in \(text)")
        }
    }

    @Test("what a header does not tell is left out", arguments: [BuiltinApp.echo, .echoWSGI])
    func little(app: BuiltinApp) async throws {
        let text = try await answer(app, .v1(.unspecified))
        #expect(text.contains(#""extensions": {"proxy_protocol": {"version": 1, "command": "proxy", "tlvs": []}}"#), "\(text)")
    }

    @Test("the ends of a Unix socket have no port")
    func unixEnds() async throws {
        let path = try #require(UnixAddress(path: "/run/a.sock"))
        let text = try await answer(.echo, .v2(.unix(source: .unnamed, destination: path, .stream)))
        #expect(text.contains(#""destination": ["unix:/run/a.sock", null]"#), "\(text)")
    }
}
