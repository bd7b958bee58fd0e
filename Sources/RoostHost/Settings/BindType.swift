internal import Roost

extension SettingType where Value == [Bind] {
    /// One bind or several. A text alone, as of the variable, holds them with commas between them; in a file each may be a table.
    static var binds: Self {
        SettingType("address", form: .repeatable, read: { value throws(SettingProblem) in
            let elements: [SettingValue] = switch value {
            case .list(let values): values
            case .text(let text): split(text).map { .text($0) }
            default: [value]
            }
            guard !elements.isEmpty else { throw SettingProblem("expected at least one address, such as unix:/run/app.sock or 127.0.0.1:8000") }
            var binds: [Bind] = []
            var problems: [SettingProblem] = []
            for (index, element) in elements.enumerated() {
                let place: [SettingStep] = if case .list = value { [.index(index)] } else { [] }
                do throws(SettingProblem) {
                    binds.append(try bind(element, at: place))
                } catch {
                    problems += error.all
                }
            }
            if let problem = SettingProblem(all: problems) { throw problem }
            return binds
        }, show: { .list($0.map(shown)) }, plain: { .list($0.map { plain(shown($0)) }) })
    }

    private static let expected = "expected an address as text, such as \"unix:/run/app.sock\" or \"127.0.0.1:8000\""

    private static func bind(_ value: SettingValue, at place: [SettingStep]) throws(SettingProblem) -> Bind {
        switch value {
        case .table(let table):
            return try bind(table, value, at: place)
        case .text(let text):
            do throws(BindAddressError) {
                return try Bind(text)
            } catch {
                throw refusal(error, value, at: place)
            }
        default:
            throw SettingProblem(expected, in: value, at: place)
        }
    }

    private static func bind(
        _ table: [String: SettingValue], _ value: SettingValue, at place: [SettingStep]
    ) throws(SettingProblem) -> Bind {
        var bind = Bind.systemd(name: nil)
        var problems: [SettingProblem] = []
        var name = "this bind"
        switch table["address"] {
        case nil:
            problems.append(
                SettingProblem(
                    "expected an address in it, such as { address = \"unix:/run/app.sock\", proxy_protocol = \"v2\" }", in: value, at: place))
        case .text(let text)?:
            name = OneLine.escaped(text)
            do throws(BindAddressError) {
                bind = Bind(try BindAddress(text))
            } catch {
                problems.append(refusal(error, .text(text), at: place + [.key("address")]))
            }
        case let address?:
            problems.append(SettingProblem(expected, in: address, at: place + [.key("address")]))
        }
        // In a fixed order, so that of several mistakes the same one is always the first.
        for (key, value) in table.sorted(by: { $0.key < $1.key }) where key != "address" {
            do throws(SettingProblem) {
                switch key {
                case "proxy_protocol": bind.proxyProtocol = try SettingType<ProxyProtocolMode>.proxyProtocol.read(value)
                case "proxy_allow_from": bind.proxyAllowFrom = try SettingType<TrustedPeers>.peers.read(value)
                case "forwarded_allow_ips": bind.forwardedAllowIPs = try SettingType<TrustedPeers>.peers.read(value)
                case "tls": bind.tls = try SettingType<Bool>.onOff.read(value)
                default: throw unknownOption(key)
                }
            } catch {
                let part = place + [.key(key)]
                problems.append(
                    SettingProblem(
                        "\(OneLine.escaped(key)) of \(name): \(error.reason)", in: error.part ?? value,
                        at: part + (error.path.isEmpty ? value.path(of: error.part) : error.path)))
            }
        }
        if let problem = SettingProblem(all: problems) { throw problem }
        return bind
    }

    private static func unknownOption(_ key: String) -> SettingProblem {
        let keys = ["address", "proxy_protocol", "proxy_allow_from", "forwarded_allow_ips", "tls"]
        if SettingTable.command.setting(key: key) != nil {
            return SettingProblem(
                "not an option of one bind but a setting for all; put it above the first [[bind]], to whose table what follows belongs")
        }
        let hint = Suggestion.nearest(to: key, among: keys).map { "did you mean \($0)?" } ?? "there are \(keys.joined(separator: ", "))"
        return SettingProblem("unknown option; \(hint)")
    }

    private static func refusal(_ error: BindAddressError, _ value: SettingValue, at place: [SettingStep]) -> SettingProblem {
        SettingProblem(
            "not an address to listen on: \(OneLine.escaped(error.problem)); for example \(OneLine.escaped(error.example))", in: value, at: place)
    }

    /// Takes a list of binds apart. Commas separate them; but those behind a `?` belong to the options that begin there, and end at a semicolon.
    private static func split(_ text: String) -> [String] {
        var binds: [Substring] = []
        var start = text.startIndex
        var isInOptions = false
        for index in text.indices {
            switch text[index] {
            case "?":
                isInOptions = true
            case "," where isInOptions, ";" where !isInOptions:
                break
            case ",", ";":
                binds.append(text[start..<index])
                start = text.index(after: index)
                isInOptions = false
            default:
                break
            }
        }
        binds.append(text[start...])
        return binds.map(SettingValue.trimmed)
    }

    private static func shown(_ bind: Bind) -> ShownValue {
        if let again = try? Bind(bind.description), again == bind { return .quoted(bind.description) }
        // A path with a question mark can't be written in one text with options.
        var table: [ShownValue.Assignment] = [.init(key: "address", value: .quoted(bind.address.description))]
        if let mode = bind.proxyProtocol { table.append(.init(key: "proxy_protocol", value: .quoted(mode.rawValue))) }
        if let peers = bind.proxyAllowFrom { table.append(.init(key: "proxy_allow_from", value: SettingType<TrustedPeers>.peers.show(peers))) }
        if let peers = bind.forwardedAllowIPs { table.append(.init(key: "forwarded_allow_ips", value: SettingType<TrustedPeers>.peers.show(peers))) }
        if let tls = bind.tls { table.append(.init(key: "tls", value: SettingType<Bool>.onOff.show(tls))) }
        return .table(table)
    }

    private static func plain(_ shown: ShownValue) -> SettingValue {
        switch shown {
        case .unset: .nothing
        case .bare(let text): text == "true" || text == "false" ? .boolean(text == "true") : .text(text)
        case .quoted(let text): .text(text)
        case .list(let values): .list(values.map(plain))
        case .table(let assignments): .table(Dictionary(assignments.map { ($0.key, plain($0.value)) }) { first, _ in first })
        }
    }
}
