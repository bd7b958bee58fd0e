internal import Logging
internal import Roost

extension SettingType where Value == Duration {
    /// A time, zero included.
    static var time: Self { time(atLeast: 0, "a time such as 30s, 1m30s or 500ms, at most 365d") }

    /// A time of at least a millisecond.
    static var positiveTime: Self { time(atLeast: 1, "a time above zero such as 30s, 1m30s or 500ms, at most 365d") }

    private static func time(atLeast minimum: Int64, _ expected: String) -> Self {
        SettingType("time", read: { value throws(SettingProblem) in
            let time: TimeText? = switch value {
            case .text(let text): TimeText(text)
            case .integer(let seconds, octal: false): TimeText(seconds: Double(seconds))
            case .number(let seconds): TimeText(seconds: seconds)
            default: nil
            }
            guard let time, time.milliseconds >= minimum else { throw SettingProblem("expected \(expected)") }
            return time.duration
        }, show: { .quoted(TimeText($0)?.description ?? "\($0)") }, plain: { .number($0 / .seconds(1)) })
    }
}

extension SettingType where Value == Int {
    /// A number of processes. None beside the one that is started, as Hypercorn's 0 says, is one.
    static var workers: Self {
        let count = count(1...1024)
        return SettingType(count.placeholder, read: { value throws(SettingProblem) in
            value == .integer(0) || value == .text("0") ? 1 : try count.read(value)
        }, show: count.show, plain: count.plain)
    }

    /// A whole number within `range`.
    static func count(_ range: ClosedRange<Int>) -> Self {
        SettingType("number", read: { value throws(SettingProblem) in
            let number: Int? = switch value {
            case .text(let text): text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
            case .integer(let number, octal: false): number
            default: nil
            }
            guard let number, range.contains(number) else {
                throw SettingProblem("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }, show: { .bare("\($0)") }, plain: { .integer($0) })
    }

    /// A number of bytes within `range`.
    static func bytes(_ range: ClosedRange<Int>) -> Self {
        SettingType("bytes", read: { value throws(SettingProblem) in
            let count: ByteCount? = switch value {
            case .text(let text): ByteCount(text)
            case .integer(let number, octal: false): ByteCount(bytes: number)
            default: nil
            }
            guard let bytes = count?.bytes, range.contains(bytes) else {
                let (least, most) = (ByteCount(bytes: range.lowerBound), ByteCount(bytes: range.upperBound))
                throw SettingProblem(
                    "expected a number of bytes such as 8190, 64KB or 16MiB, from \(least?.description ?? "") to \(most?.description ?? "")")
            }
            return bytes
        }, show: { bytes in
            let text = ByteCount(bytes: bytes)?.description ?? "\(bytes)"
            return text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? .bare(text) : .quoted(text)
        }, plain: { .integer($0) })
    }
}

extension SettingType where Value == StatsDServer {
    static var statsDServer: Self {
        SettingType("host:port", read: { value throws(SettingProblem) in
            guard case .text(let text) = value, let server = StatsDServer(text) else {
                throw SettingProblem("expected a host and perhaps a port, such as 127.0.0.1:8125")
            }
            return server
        }, show: { .quoted($0.description) }, plain: { .text($0.description) })
    }
}

extension SettingType where Value == UInt32 {
    /// Permission bits in octal.
    static var fileMode: Self {
        SettingType("mode", read: { value throws(SettingProblem) in
            let mode: FileMode? = switch value {
            case .text(let text): FileMode(text)
            // A decimal 660 in a file is not the mode 0660; whoever writes it means octal and is told how to say so.
            case .integer(let number, octal: true): UInt32(exactly: number).flatMap(FileMode.init(bits:))
            default: nil
            }
            guard let mode else { throw SettingProblem("expected an octal mode such as 0660, at most 0777\(Self.hint(value))") }
            return mode.bits
        }, show: { .quoted(FileMode(bits: $0)?.description ?? "\($0)") }, plain: { .integer(Int($0), octal: true) })
    }

    private static func hint(_ value: SettingValue) -> String {
        guard case .integer(let number, octal: false) = value else { return "" }
        return "; in a file write \"\(number)\" or 0o\(number)"
    }
}

extension SettingType where Value == Bool {
    static var onOff: Self {
        SettingType("switch", form: .onOff, read: { value throws(SettingProblem) in
            switch value {
            case .boolean(let on): return on
            case .text("true"), .text("on"), .text("yes"), .text("1"): return true
            case .text("false"), .text("off"), .text("no"), .text("0"): return false
            default: throw SettingProblem("expected true or false")
            }
        }, show: { .bare($0 ? "true" : "false") }, plain: { .boolean($0) })
    }
}

extension SettingType where Value == String {
    /// Text of one line; `expected` says what it stands for.
    static func text(_ placeholder: String, expected: String, allowEmpty: Bool = false) -> Self {
        SettingType(placeholder, read: { value throws(SettingProblem) in
            guard case .text(let text) = value, allowEmpty || !text.isEmpty,
                !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
            else { throw SettingProblem("expected \(expected)") }
            return text
        }, show: { .quoted($0) }, plain: { .text($0) })
    }

    /// A path, but not that of a file to read.
    static func path(_ placeholder: String, expected: String) -> Self {
        let text = text(placeholder, expected: expected)
        return SettingType(placeholder, completion: placeholder == "directory" ? .directory : .file, read: { value throws(SettingProblem) in
            let path = try text.read(value)
            guard !path.hasPrefix(CredentialPath.prefix) else {
                throw SettingProblem("expected \(expected); a credential is a file to read, as --config may name one")
            }
            return path
        }, show: text.show, plain: text.plain)
    }

    /// The path of a Unix socket where nothing else can be meant, so that it is written as no address.
    static var socketPath: Self {
        let path = path("path", expected: "the path of a Unix socket such as /run/app/admin.sock")
        return SettingType("path", completion: .file, read: { value throws(SettingProblem) in
            let text = try path.read(value)
            guard !text.hasPrefix("unix:") else { throw SettingProblem("it is always a Unix socket's path; leave unix: away") }
            return text
        }, show: path.show, plain: path.plain)
    }

    /// The name of a file, without a directory.
    static var fileName: Self {
        let text = text("name", expected: "a file's name such as index.html")
        return SettingType("name", read: { value throws(SettingProblem) in
            let name = try text.read(value)
            guard !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != ".." else { throw SettingProblem("expected a file's name such as index.html") }
            return name
        }, show: text.show, plain: text.plain)
    }

    /// The beginning of paths under which an app is mounted, as ASGI's `root_path`: slashes at its end do not count.
    static var pathPrefix: Self {
        let text = text("path", expected: "a path such as /app", allowEmpty: true)
        return SettingType("path", read: { value throws(SettingProblem) in
            var path = try text.read(value)[...]
            while path.hasSuffix("/") { path.removeLast() }
            guard path.isEmpty || path.hasPrefix("/") else { throw SettingProblem("expected a path such as /app, which begins with a slash") }
            return String(path)
        }, show: text.show, plain: text.plain)
    }

    /// A configuration file's name. Hypercorn and Gunicorn also read settings from Python, which Roost does not.
    static var configFile: Self {
        let text = text("file", expected: "a file name")
        return SettingType("file", completion: .file, read: { value throws(SettingProblem) in
            let name = try text.read(value)
            guard !["python:", "file:"].contains(where: name.hasPrefix), !name.hasSuffix(".py") else {
                throw SettingProblem(
                    "expected a TOML file: settings are not read from Python; write them as TOML, or serve from a program of your own with roost.asyncio.serve")
            }
            return name
        }, show: text.show, plain: text.plain)
    }

    /// A user or a group, by name or number.
    static func account(_ placeholder: String) -> Self {
        SettingType(placeholder, completion: placeholder == "user" ? .user : .group, read: { value throws(SettingProblem) in
            switch value {
            case .text(let name) where name.isAccountName: return name
            case .integer(let number, octal: false) where number >= 0: return "\(number)"
            default: throw SettingProblem("expected a \(placeholder)'s name or number")
            }
        }, show: { .quoted($0) }, plain: { .text($0) })
    }
}

extension String {
    /// Whether a user or a group may be called this: something without a space or a colon (passwd(5), group(5)).
    fileprivate var isAccountName: Bool {
        !isEmpty && !unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7F || $0 == ":" }
    }
}

extension SettingType where Value == [String] {
    /// Users or groups, by name or number; at least one, and none if nobody sets it.
    static func accounts(_ placeholder: String) -> Self {
        let expected = "a \(placeholder)'s name or number"
        return SettingType(placeholder, form: .repeatable, completion: placeholder == "user" ? .user : .group, read: { value throws(SettingProblem) in
            let entries = try value.entries(expected)
            guard !entries.isEmpty else { throw SettingProblem("expected \(expected)") }
            for entry in entries {
                guard entry.isAccountName else { throw SettingProblem("expected \(expected)", in: .text(entry)) }
            }
            return entries
        }, show: { $0.isEmpty ? .unset : .list($0.map { .quoted($0) }) }, plain: { .list($0.map { .text($0) }) })
    }
}

extension SettingType where Value == [String] {
    /// Patterns of file names.
    static var patterns: Self {
        let expected = "a pattern of file names such as *.html"
        return SettingType("pattern", form: .repeatable, read: { value throws(SettingProblem) in
            let entries = try value.entries(expected)
            for entry in entries {
                let isName = !entry.isEmpty && !entry.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F || $0 == "/" }
                guard isName else { throw SettingProblem("expected \(expected)", in: .text(entry)) }
            }
            return entries
        }, show: { .list($0.map { .quoted($0) }) }, plain: { .list($0.map { .text($0) }) })
    }
}

extension SettingType where Value == [AccelMapping] {
    /// Directories and what a proxy calls them.
    static var accelMappings: Self {
        let expected = "a directory and what the proxy calls it, such as /srv/shop/files=/protected"
        return SettingType("directory=location", form: .repeatable, read: { value throws(SettingProblem) in
            var mappings: [AccelMapping] = []
            for entry in try value.entries(expected) {
                guard let mapping = AccelMapping(entry) else { throw SettingProblem("expected \(expected)", in: .text(entry)) }
                mappings.append(mapping)
            }
            return mappings
        }, show: { $0.isEmpty ? .unset : .list($0.map { .quoted($0.description) }) }, plain: { .list($0.map { .text($0.description) }) })
    }
}

extension SettingType where Value == [ServerName] {
    /// Names of hosts; none if nobody sets it, which means every one.
    static var serverNames: Self {
        let expected = "a host's name such as example.org, *.example.org or example.org:8443"
        return SettingType("name", form: .repeatable, read: { value throws(SettingProblem) in
            var names: [ServerName] = []
            for entry in try value.entries(expected) {
                guard let name = ServerName(entry) else { throw SettingProblem("expected \(expected)", in: .text(entry)) }
                names.append(name)
            }
            return names
        }, show: { $0.isEmpty ? .unset : .list($0.map { .quoted($0.description) }) }, plain: { .list($0.map { .text($0.description) }) })
    }
}

extension SettingType where Value == Logger.Level {
    /// A level, also as Python's logging spells it.
    static var logLevel: Self {
        let level = choice("level")
        return SettingType(level.placeholder, completion: level.completion, read: { value throws(SettingProblem) in
            guard case .text(let text) = value, let name = ["warn": "warning", "fatal": "critical"][text.lowercased()] else { return try level.read(value) }
            return try level.read(.text(name))
        }, show: level.show, plain: level.plain)
    }
}

extension SettingType where Value: RawRepresentable<String> & CaseIterable {
    /// One of a few words.
    ///
    /// - Parameter hint: What else there is to say to who gave this value, which is none of them.
    static func choice(_ placeholder: String, hint: @escaping @Sendable (SettingValue) -> String? = { _ in nil }) -> Self {
        let words = Value.allCases.map(\.rawValue)
        let expected = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return SettingType(placeholder, completion: .words(words), read: { value throws(SettingProblem) in
            if case .text(let text) = value, let choice = Value(rawValue: text.lowercased()) { return choice }
            throw SettingProblem("expected \(expected)" + (hint(value).map { "; \($0)" } ?? ""))
        }, show: { .quoted($0.rawValue) }, plain: { .text($0.rawValue) })
    }
}
