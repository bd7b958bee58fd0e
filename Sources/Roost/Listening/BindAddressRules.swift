import ProxyProtocol

/// What an address must obey however it was made: the cases of `BindAddress` can be written by hand as well as read from text.
extension BindAddress {
    /// The longest path of a Unix socket in bytes: `sun_path` has 108, the last for the NUL (unix(7)).
    static let longestUnixPath = 107

    /// What is wrong with the address, and an example of what is right; nil when it can be tried.
    var problem: (what: String, example: String)? {
        switch self {
        case .tcp(let host, let port):
            guard (0...65535).contains(port) else { return ("expected a port from 0 to 65535, not \(port)", "127.0.0.1:8000") }
            return Self.hostProblem(host).map { ($0, "127.0.0.1:\(port)") }
        case .unix(let path):
            return Self.pathProblem(path).map { ($0, "unix:/run/app.sock") }
        case .abstract(let name):
            return Self.abstractProblem(name).map { ($0, "unix:@app") }
        case .descriptor(let number):
            return number < 0 ? ("a descriptor number is not negative", "fd://3") : nil
        case .systemd(let name):
            return name.flatMap(Self.descriptorNameProblem).map { ($0, "systemd:web") }
        }
    }

    private static func hostProblem(_ host: String) -> String? {
        if host.isEmpty { return nil }
        if host.utf8.contains(UInt8(ascii: ":")) {
            return isIPv6(host) ? nil : "\(BindAddressError.quoted(host)) is not an IPv6 address"
        }
        if host.utf8.contains(UInt8(ascii: "/")) {
            return "a host has no slash, and the path of a Unix socket starts with / or ./ or follows unix:"
        }
        if host == "*" { return "every address is written as a colon and the port alone" }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // The resolver takes 127.1, 0x7f.1 and 8000 for addresses; whoever writes them rarely means what it makes of them.
        if let last = labels.last, last.utf8.first.map({ (0x30...0x39).contains($0) }) ?? false,
            last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) || last.hasPrefix("0x") || last.hasPrefix("0X")
        {
            return IPv4Address(host) != nil ? nil : "\(BindAddressError.quoted(host)) is not an IPv4 address (four numbers from 0 to 255)"
        }
        guard host.utf8.count <= 253, labels.allSatisfy({ isLabel($0) }) else {
            return "\(BindAddressError.quoted(host)) is not a host name (letters, digits, hyphens and dots) or an IP address"
        }
        return nil
    }

    /// Whether the text is an IPv6 address without brackets, with or without a zone (`fe80::1%eth0`, RFC 4007).
    static func isIPv6(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, IPv6Address(String(address)) != nil else { return false }
        return parts.count == 1 || isZone(parts[1])
    }

    private static func isZone(_ zone: Substring) -> Bool {
        (1...15).contains(zone.utf8.count) && zone.utf8.allSatisfy { (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        guard (1...63).contains(label.utf8.count), label.utf8.first != UInt8(ascii: "-") else { return false }
        return label.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    private static func pathProblem(_ path: String) -> String? {
        if path.isEmpty { return "the path of the Unix socket is missing" }
        if path.utf8.contains(where: isControl) { return "the path of a Unix socket has no control characters" }
        let count = path.utf8.count
        if count > longestUnixPath {
            return "the path of a Unix socket has at most \(longestUnixPath) bytes on Linux, and this one has \(count)"
        }
        guard let name = path.split(separator: "/", omittingEmptySubsequences: false).last, !["", ".", ".."].contains(name) else {
            return "the path names a directory, not a file"
        }
        return nil
    }

    private static func abstractProblem(_ name: String) -> String? {
        if name.isEmpty { return "the name after @ is missing" }
        if name.utf8.contains(where: isControl) { return "an abstract socket's name has no control characters" }
        let count = name.utf8.count
        guard count <= longestUnixPath else {
            return "the name of an abstract socket has at most \(longestUnixPath) bytes, and this one has \(count)"
        }
        return nil
    }

    /// systemd.socket(5): any ASCII character but control characters and the colon, at most 255.
    private static func descriptorNameProblem(_ name: String) -> String? {
        if name.isEmpty { return "the name is empty" }
        let isName = name.utf8.count <= 255 && name.utf8.allSatisfy { (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: ":") }
        return isName ? nil : "a socket unit's FileDescriptorName= has at most 255 ASCII characters and no colon"
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }
}
