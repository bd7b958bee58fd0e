internal import ArgumentParser

/// The section whose settings a `SettingFlags` stands for.
protocol SettingGroup: SendableMetatype {
    static var section: SettingSection { get }
}

/// The flags of one section of the settings table, as a group of options for ArgumentParser.
///
/// ArgumentParser finds the options of a type by reflecting on it, and reads their values back by decoding it. This type
/// reflects as the rows of the table and decodes them, so that a row is a flag without being written down a second time.
struct SettingFlags<Group: SettingGroup>: ParsableArguments, CustomReflectable {
    /// The flags that were given.
    private(set) var given: [GivenFlag] = []

    private static var flags: [SettingFlag] { flagsBySection[Group.section] ?? [] }

    init() {}

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        for setting in Self.flags.map(\.setting) {
            let key = Key(setting.key)
            let value: SettingValue?
            switch setting.form {
            case .single:
                value = try values.decode(Option<String?>.self, forKey: key).wrappedValue.map { .text($0) }
            case .repeatable:
                let texts = try values.decode(Option<[String]>.self, forKey: key).wrappedValue
                value = texts.isEmpty ? nil : .list(texts.map { .text($0) })
            case .onOff:
                value = try values.decode(Flag<Bool?>.self, forKey: key).wrappedValue.map { .boolean($0) }
            }
            if let value { given.append(GivenFlag(key: setting.key, value: value)) }
        }
    }

    var customMirror: Mirror {
        Mirror(self, children: Self.flags.map { (label: $0.setting.key, value: $0.option) }, displayStyle: .struct)
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// A setting, and itself as a flag.
private struct SettingFlag: Sendable {
    let setting: Setting
    let option: any Sendable
}

/// Made once: to parse one command line ArgumentParser reflects on its types a dozen times.
private let flagsBySection = Dictionary(
    grouping: SettingTable.command.settings.filter { $0.places.contains(SettingPlaces.flag) }.map { SettingFlag(setting: $0, option: $0.option) },
    by: \.setting.section
)

extension Setting {
    /// This setting as ArgumentParser's property wrappers define it.
    fileprivate var option: any Sendable {
        let names = NameSpecification(
            (short.map { [NameSpecification.Element.customShort($0)] } ?? []) + ([longFlag] + otherFlags).map { .customLong($0) })
        let text = ArgumentHelp(stringLiteral: help + (defaultValue.plain.map { " (default: \($0))" } ?? ""))
        var named = text
        named.valueName = placeholder
        return switch form {
        case .single: Option<String?>(name: names, help: named, completion: completion.kind)
        case .repeatable: Option<[String]>(wrappedValue: [], name: names, parsing: .singleValue, help: named, completion: completion.kind)
        case .onOff: Flag<Bool?>(name: names, inversion: .prefixedNo, help: text)
        }
    }
}

extension SettingCompletion {
    /// As ArgumentParser knows it.
    fileprivate var kind: CompletionKind? {
        switch self {
        case .nothing: nil
        case .words(let words): .list(words)
        case .file: .file()
        case .directory: .directory
        // In zsh's scripts a colon would end the command.
        case .user: .shellCommand("getent passwd | grep -oE '^[A-Za-z0-9_.-]+'")
        case .group: .shellCommand("getent group | grep -oE '^[A-Za-z0-9_.-]+'")
        }
    }
}
