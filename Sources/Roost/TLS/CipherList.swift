/// A list of cipher suites of TLS 1.2 as OpenSSL writes it (openssl-ciphers(1)): `ECDHE+AESGCM:!aNULL`.
///
/// NIOSSL ends the process over a list that BoringSSL does not take. So the list is worked out here, and BoringSSL gets the suites by their names.
struct CipherList {
    /// The suites' names in the order of preference; at least one.
    let names: [String]

    /// The names as one text, which BoringSSL takes.
    var text: String { names.joined(separator: ":") }

    init(_ text: String) throws(CipherListError) {
        var chosen: [Suite] = []
        var banned: Set<String> = []
        // Blanks and commas separate as well.
        for rule in text.split(whereSeparator: { ":, ;\t".contains($0) }) {
            if rule.hasPrefix("@") {
                guard rule == "@STRENGTH" else { throw .unsupported(String(rule)) }
                chosen = chosen.enumerated().sorted { ($1.element.bits, $0.offset) < ($0.element.bits, $1.offset) }.map(\.element)
                continue
            }
            let sign = rule.first.flatMap { "!-+".contains($0) ? $0 : nil }
            let matching = try Self.suites(named: sign == nil ? rule : rule.dropFirst())
            switch sign {
            case "!":
                banned.formUnion(matching.map(\.name))
                chosen.removeAll { banned.contains($0.name) }
            case "-":
                chosen.removeAll { suite in matching.contains { $0.name == suite.name } }
            case "+":
                let moved = chosen.filter { suite in matching.contains { $0.name == suite.name } }
                chosen.removeAll { suite in moved.contains { $0.name == suite.name } }
                chosen += moved
            default:
                chosen += matching.filter { suite in !banned.contains(suite.name) && !chosen.contains { $0.name == suite.name } }
            }
        }
        guard !chosen.isEmpty else { throw .empty }
        names = chosen.map(\.name)
    }

    /// Those to which all words apply, which a plus joins.
    private static func suites(named text: Substring) throws(CipherListError) -> [Suite] {
        var matching = Suite.all
        for word in text.split(separator: "+", omittingEmptySubsequences: false) {
            guard let suites = try suites(word: String(word)) else { return [] }
            matching.removeAll { suite in !suites.contains { $0.name == suite.name } }
        }
        return matching
    }

    /// Nil for a word of OpenSSL's that is about nothing BoringSSL has.
    private static func suites(word: String) throws(CipherListError) -> [Suite]? {
        if let suite = Suite.all.first(where: { $0.name == word || $0.registeredName == word }) { return [suite] }
        if let aliased = Suite.aliases[word] { return Suite.all.filter(aliased) }
        // Those of TLS 1.3 are always there. Other suites' names are known by their dashes and underscores.
        guard absent.contains(word) || word.contains("-") || word.hasPrefix("TLS_") else { throw .unknown(word) }
        return nil
    }

    /// Words of OpenSSL's for what BoringSSL has not, or does not offer.
    private static let absent: Set<String> = [
        "3DES", "ADH", "AECDH", "AESCCM", "AESCCM8", "ARIA", "ARIA128", "ARIA256", "ARIAGCM", "CAMELLIA", "CAMELLIA128", "CAMELLIA256", "CBC",
        "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "DES", "DH", "DHE", "DSS", "EDH", "EXP", "EXPORT", "EXPORT40", "EXPORT56", "FIPS", "GOST", "GOST94",
        "IDEA", "LOW", "MD5", "MEDIUM", "NULL", "PSK", "RC2", "RC4", "SEED", "SRP", "SSLv2", "aDH", "aDSS", "aECDH", "aGOST", "aNULL", "aPSK", "aSRP",
        "eNULL", "kDH", "kDHE", "kECDHEPSK", "kDHEPSK", "kEDH", "kGOST", "kPSK", "kRSAPSK", "kSRP", "SUITEB128", "SUITEB192", "SHA256", "SHA384",
    ]
}

extension TLSConfig {
    /// What is wrong with a list of cipher suites; nil if nothing is.
    package static func problem(ofCiphers text: String) -> String? {
        do throws(CipherListError) {
            _ = try CipherList(text)
            return nil
        } catch {
            return error.description
        }
    }
}

/// A suite of TLS 1.2 that BoringSSL has and a certificate is for.
private struct Suite: Sendable {
    let name: String
    let registeredName: String
    let isForwardSecret: Bool
    let isECDSA: Bool
    let isAEAD: Bool
    let bits: Int
    let isAES: Bool

    private init(_ name: String, _ registeredName: String, aead isAEAD: Bool, bits: Int, aes isAES: Bool = true) {
        self.name = name
        self.registeredName = registeredName
        isForwardSecret = name.hasPrefix("ECDHE")
        isECDSA = name.hasPrefix("ECDHE-ECDSA")
        self.isAEAD = isAEAD
        self.bits = bits
        self.isAES = isAES
    }

    /// The strongest first.
    static let all = [
        Suite("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", aead: true, bits: 256),
        Suite("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", aead: true, bits: 256),
        Suite("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", aead: true, bits: 256, aes: false),
        Suite("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", aead: true, bits: 256, aes: false),
        Suite("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", aead: true, bits: 128),
        Suite("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", aead: true, bits: 128),
        Suite("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", aead: false, bits: 256),
        Suite("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", aead: false, bits: 256),
        Suite("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", aead: false, bits: 128),
        Suite("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", aead: false, bits: 128),
        Suite("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384", aead: true, bits: 256),
        Suite("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", aead: true, bits: 128),
        Suite("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA", aead: false, bits: 256),
        Suite("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", aead: false, bits: 128),
    ]

    /// What OpenSSL's words mean for these.
    static let aliases: [String: @Sendable (Suite) -> Bool] = [
        "ALL": { _ in true },
        "DEFAULT": { _ in true },
        "HIGH": { _ in true },
        "ECDHE": { $0.isForwardSecret },
        "EECDH": { $0.isForwardSecret },
        "ECDH": { $0.isForwardSecret },
        "kECDHE": { $0.isForwardSecret },
        "kEECDH": { $0.isForwardSecret },
        "RSA": { !$0.isForwardSecret },
        "kRSA": { !$0.isForwardSecret },
        "aRSA": { !$0.isECDSA },
        "aECDSA": { $0.isECDSA },
        "ECDSA": { $0.isECDSA },
        "AES": { $0.isAES },
        "AES128": { $0.isAES && $0.bits == 128 },
        "AES256": { $0.isAES && $0.bits == 256 },
        "AESGCM": { $0.isAES && $0.isAEAD },
        "CHACHA20": { !$0.isAES },
        "SHA": { !$0.isAEAD },
        "SHA1": { !$0.isAEAD },
        "SSLv3": { !$0.isAEAD },
        "TLSv1": { !$0.isAEAD },
        "TLSv1.0": { !$0.isAEAD },
        "TLSv1.2": { $0.isAEAD },
    ]
}

/// Why a list names no cipher suites.
enum CipherListError: Error, Hashable, CustomStringConvertible {
    case unknown(String)
    case unsupported(String)
    case empty

    var description: String {
        switch self {
        case .unknown(let word): "\"\(word)\" is no cipher suite, nor a word for some such as ECDHE, AESGCM or CHACHA20"
        case .unsupported(let word): "\(word) is not supported; list the suites themselves"
        case .empty: "no cipher suite is left that BoringSSL has, such as ECDHE+AESGCM"
        }
    }
}
