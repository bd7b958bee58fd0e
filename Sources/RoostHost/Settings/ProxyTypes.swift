internal import Roost

extension SettingType where Value == ProxyProtocolMode {
    /// Whether and in which version a PROXY header is taken.
    static var proxyProtocol: Self {
        .choice("mode", hint: { value in
            switch value {
            case .boolean(true), .text("true"), .text("on"), .text("yes"), .text("1"):
                "say which header must be there: v1 (nginx), v2 (HAProxy's send-proxy-v2), or required for either"
            case .boolean(false), .text("false"), .text("no"), .text("0"):
                "without the header it is \"off\""
            default: nil
            }
        })
    }
}

extension SettingType where Value == HeaderMap {
    /// What becomes of ambiguous fields.
    static var headerMap: Self {
        .choice("policy", hint: { value in
            value == .text("dangerous")
                ? "\"dangerous\" is not offered: any client could then send X_Forwarded_For and pose as the proxy, which sends X-Forwarded-For" : nil
        })
    }
}

extension SettingType where Value == TrustedPeers {
    /// Those who are believed; perhaps nobody.
    static var peers: Self {
        SettingType("peers", form: .repeatable, read: { value throws(SettingProblem) in
            if value == .text(SettingValue.emptyList) || value == .list([.text(SettingValue.emptyList)]) { return [] }
            var peers: [TrustedPeer] = []
            for entry in try value.entries("an IP address, a network such as 10.0.0.0/8, unix: or *, or none") {
                do throws(TrustedPeerError) {
                    peers.append(try TrustedPeer(entry))
                } catch {
                    throw SettingProblem("\(OneLine.escaped(error.problem)); for example \(OneLine.escaped(error.example))", in: .text(entry))
                }
            }
            return TrustedPeers(peers)
        }, show: { .list($0.peers.map { .quoted($0.description) }) }, plain: { .list($0.peers.map { .text($0.description) }) })
    }
}

extension SettingType where Value == Set<ForwardedHeader> {
    /// Forwarded fields of one family; at least one.
    static var forwardedHeaders: Self {
        let names = ForwardedHeader.allCases.map(\.rawValue)
        let expected = "\(names.dropLast().joined(separator: ", ")) or, alone, \(names.last ?? "")"
        return SettingType("fields", form: .repeatable, completion: .words(names), read: { value throws(SettingProblem) in
            var headers: Set<ForwardedHeader> = []
            let entries = try value.entries(expected)
            for entry in entries {
                guard let header = ForwardedHeader(rawValue: entry.lowercased()) else {
                    let hint = Suggestion.nearest(to: entry.lowercased(), among: names).map { "; did you mean \($0)?" } ?? ""
                    throw SettingProblem("expected \(expected)\(hint)", in: .text(entry))
                }
                headers.insert(header)
            }
            guard !headers.isEmpty else { throw SettingProblem("expected \(expected); to believe no field leave forwarded_allow_ips empty") }
            guard !headers.contains(.forwarded) || headers.count == 1 else {
                throw SettingProblem(
                    "forwarded stands alone: a proxy that sets it leaves the x-forwarded fields to the client, and the other way round",
                    in: .text(entries.joined(separator: ", "))
                )
            }
            return headers
        }, show: { headers in
            .list(ForwardedHeader.allCases.filter(headers.contains).map { .quoted($0.rawValue) })
        }, plain: { headers in
            .list(ForwardedHeader.allCases.filter(headers.contains).map { .text($0.rawValue) })
        })
    }
}
