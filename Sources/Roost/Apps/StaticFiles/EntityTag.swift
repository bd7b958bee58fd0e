import HTTPWire

/// What names one state of a file's content: an entity tag (RFC 9110 section 8.8.3).
struct EntityTag: Equatable, CustomStringConvertible {
    var isWeak = false
    /// What stands between the quotes.
    let name: String

    var description: String {
        var text = ""
        text.reserveCapacity(name.utf8.count + 4)
        text += isWeak ? "W/\"" : "\""
        text += name
        text += "\""
        return text
    }

    /// Whether both name the same bytes (section 8.8.3.2).
    func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && name == other.name }

    /// Whether both name contents that do for each other.
    func matchesWeakly(_ other: EntityTag) -> Bool { name == other.name }
}

extension EntityTag {
    /// Of the time of change and the size, as nginx and others have it: the same on all hosts that have the same copy. Each coding has one of its own.
    init(modified: Int64, size: Int, coding: AcceptedCodings.Coding?) {
        var name: [UInt8] = []
        name.reserveCapacity(40)
        Self.append(UInt64(bitPattern: modified), to: &name)
        name.append(UInt8(ascii: "-"))
        Self.append(UInt64(size.magnitude), to: &name)
        if let coding { name.append(contentsOf: "-\(coding.rawValue)".utf8) }
        self.name = String(decoding: name, as: UTF8.self)
    }

    /// In hexadecimal.
    private static func append(_ number: UInt64, to text: inout [UInt8]) {
        for place in (0..<max(1, (67 - number.leadingZeroBitCount) / 4)).reversed() {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * place)) & 0x0F
            text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    /// One tag and nothing else.
    init?(parsing text: String) {
        guard let tag = EntityTagList([text]), case .these(let tags) = tag, tags.count == 1 else { return nil }
        self = tags[0]
    }
}

/// The value of `If-Match` or `If-None-Match`.
enum EntityTagList: Equatable {
    /// `*`: whatever there is.
    case any
    case these([EntityTag])

    /// The values of all fields of that name; nil if they are not a list of tags.
    init?(_ values: [String]) {
        if values.count == 1, values[0] == "*" {
            self = .any
            return
        }
        var tags: [EntityTag] = []
        for value in values {
            var rest = value.utf8[...]
            while true {
                rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }
                if rest.isEmpty { break }
                let isWeak = rest.starts(with: "W/".utf8)
                if isWeak { rest = rest.dropFirst(2) }
                guard rest.first == 0x22, let end = rest.dropFirst().firstIndex(of: 0x22) else { return nil }
                let name = rest[rest.index(after: rest.startIndex)..<end]
                guard name.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
                tags.append(EntityTag(isWeak: isWeak, name: String(Substring(name))))
                rest = rest[rest.index(after: end)...].drop { $0 == 0x20 || $0 == 0x09 }
                guard rest.isEmpty || rest.first == 0x2C else { return nil }
            }
        }
        self = .these(tags)
    }

    func contains(where matches: (EntityTag) -> Bool) -> Bool {
        switch self {
        case .any: true
        case .these(let tags): tags.contains(where: matches)
        }
    }
}
