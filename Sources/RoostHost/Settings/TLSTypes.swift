internal import Roost

extension SettingType where Value == String {
    /// A file with certificates or a key, which may be a credential.
    static func pemFile(_ what: String) -> Self {
        let text = text("file", expected: "the path of a PEM file with \(what), or credential:NAME")
        return SettingType("file", completion: .file, read: text.read, show: text.show, plain: text.plain)
    }
}

extension SettingType where Value == SecretText {
    /// What is not shown, nor repeated in errors.
    static var secret: Self {
        SettingType("secret", read: { value throws(SettingProblem) in
            guard case .text(let text) = value, !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw SettingProblem("expected text, or credential:NAME for what systemd passes", in: .other(kind: "what it is"))
            }
            return SecretText(text)
        }, show: { .quoted($0.description) }, plain: { .text($0.text) })
    }
}

extension SettingType where Value == TLSVerifyMode {
    /// Also as Python's ssl module calls it, and as Gunicorn numbers it.
    static var verifyMode: Self {
        let mode = choice("mode")
        return SettingType(mode.placeholder, completion: mode.completion, read: { value throws(SettingProblem) in
            switch value {
            case .integer(0, octal: false), .text("0"), .text("CERT_NONE"), .text("VerifyMode.CERT_NONE"): .none
            case .integer(1, octal: false), .text("1"), .text("CERT_OPTIONAL"), .text("VerifyMode.CERT_OPTIONAL"): .optional
            case .integer(2, octal: false), .text("2"), .text("CERT_REQUIRED"), .text("VerifyMode.CERT_REQUIRED"): .required
            default: try mode.read(value)
            }
        }, show: mode.show, plain: mode.plain)
    }
}

extension SettingType where Value == TLSMinimumVersion {
    /// Also as OpenSSL writes it, and as a number.
    static var tlsVersion: Self {
        SettingType("version", completion: .words(TLSMinimumVersion.allCases.map(\.rawValue)), read: { value throws(SettingProblem) in
            switch value {
            case .number(1.2), .text("1.2"), .text("TLSv1.2"), .text("tls1.2"): .v1_2
            case .number(1.3), .text("1.3"), .text("TLSv1.3"), .text("tls1.3"): .v1_3
            default: throw SettingProblem("expected 1.2 or 1.3; older versions are not safe (RFC 8996)")
            }
        }, show: { .quoted($0.rawValue) }, plain: { .text($0.rawValue) })
    }
}

extension SettingType where Value == [TLSApplicationProtocol] {
    /// Protocols by their registered names; perhaps none.
    static var alpnProtocols: Self {
        let names = TLSApplicationProtocol.allCases.map(\.rawValue)
        let expected = names.joined(separator: " or ")
        return SettingType("protocols", form: .repeatable, completion: .words(names), read: { value throws(SettingProblem) in
            if value == .text(SettingValue.emptyList) || value == .list([.text(SettingValue.emptyList)]) { return [] }
            var protocols: [TLSApplicationProtocol] = []
            for entry in try value.entries(expected) {
                guard let named = TLSApplicationProtocol(rawValue: entry) else { throw SettingProblem("expected \(expected)", in: .text(entry)) }
                if !protocols.contains(named) { protocols.append(named) }
            }
            return protocols
        }, show: { .list($0.map { .quoted($0.rawValue) }) }, plain: { .list($0.map { .text($0.rawValue) }) })
    }
}

extension SettingType where Value == String {
    /// A list of cipher suites of which at least one is left.
    static var ciphers: Self {
        let text = text("list", expected: "cipher suites as OpenSSL lists them, such as ECDHE+AESGCM")
        return SettingType(text.placeholder, read: { value throws(SettingProblem) in
            let list = try text.read(value)
            if let problem = TLSConfig.problem(ofCiphers: list) { throw SettingProblem(OneLine.escaped(problem)) }
            return list
        }, show: text.show, plain: text.plain)
    }
}

extension SettingType where Value == [Bind] {
    /// The same as `binds`, perhaps none.
    static var insecureBinds: Self {
        let binds = binds
        return SettingType(binds.placeholder, form: binds.form, read: { value throws(SettingProblem) in
            value == .list([]) ? [] : try binds.read(value)
        }, show: { $0.isEmpty ? .unset : binds.show($0) }, plain: binds.plain)
    }
}

extension SettingType where Value == [TLSSettings.CertificateEntry] {
    /// Tables `[[certificate]]`, or files that hold the key too.
    static var certificates: Self {
        SettingType("certificate", form: .repeatable, read: { value throws(SettingProblem) in
            let elements = if case .list(let values) = value { values } else { [value] }
            var entries: [TLSSettings.CertificateEntry] = []
            for (index, element) in elements.enumerated() {
                switch element {
                case .table(let table): entries.append(try entry(table, element, at: [.index(index)]))
                // A file with its key.
                case .text: entries.append(TLSSettings.CertificateEntry(certificateFile: try SettingType<String>.pemFile("a certificate").read(element)))
                default: throw SettingProblem("expected a PEM file with certificate and key, or \(example)", in: element, at: [.index(index)])
                }
            }
            return entries
        }, show: { $0.isEmpty ? .unset : .list($0.map(shown)) }, plain: { .list($0.map(plain)) })
    }

    private static let example = "a table such as { certfile = \"/etc/shop/example.pem\", keyfile = \"/etc/shop/example.key\" }"

    private static func entry(
        _ table: [String: SettingValue], _ value: SettingValue, at place: [SettingStep]
    ) throws(SettingProblem) -> TLSSettings.CertificateEntry {
        guard table["certfile"] != nil else { throw SettingProblem("expected a certfile in it: \(example)", in: value, at: place) }
        var entry = TLSSettings.CertificateEntry(certificateFile: "")
        for (key, value) in table.sorted(by: { $0.key < $1.key }) {
            do throws(SettingProblem) {
                switch key {
                case "certfile": entry.certificateFile = try SettingType<String>.pemFile("a certificate").read(value)
                case "keyfile": entry.keyFile = try SettingType<String>.pemFile("a private key").read(value)
                case "keyfile_password": entry.keyPassword = try SettingType<SecretText>.secret.read(value)
                case "server_names": entry.serverNames = try value.entries("names such as example.org or *.example.org")
                default: throw SettingProblem("unknown key; there are certfile, keyfile, keyfile_password, server_names")
                }
            } catch {
                throw SettingProblem("\(OneLine.escaped(key)) of a certificate: \(error.reason)", in: error.part ?? value, at: place + [.key(key)])
            }
        }
        return entry
    }

    private static func shown(_ entry: TLSSettings.CertificateEntry) -> ShownValue {
        if entry == TLSSettings.CertificateEntry(certificateFile: entry.certificateFile) { return .quoted(entry.certificateFile) }
        var table: [ShownValue.Assignment] = [.init(key: "certfile", value: .quoted(entry.certificateFile))]
        if let file = entry.keyFile { table.append(.init(key: "keyfile", value: .quoted(file))) }
        if let password = entry.keyPassword { table.append(.init(key: "keyfile_password", value: .quoted(password.description))) }
        if !entry.serverNames.isEmpty { table.append(.init(key: "server_names", value: .list(entry.serverNames.map { .quoted($0) }))) }
        return .table(table)
    }

    private static func plain(_ entry: TLSSettings.CertificateEntry) -> SettingValue {
        if entry == TLSSettings.CertificateEntry(certificateFile: entry.certificateFile) { return .text(entry.certificateFile) }
        var table: [String: SettingValue] = ["certfile": .text(entry.certificateFile)]
        table["keyfile"] = entry.keyFile.map { .text($0) }
        table["keyfile_password"] = entry.keyPassword.map { .text($0.text) }
        if !entry.serverNames.isEmpty { table["server_names"] = .list(entry.serverNames.map { .text($0) }) }
        return .table(table)
    }
}
