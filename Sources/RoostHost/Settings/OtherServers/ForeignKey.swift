/// A key that files of other servers have, Hypercorn's above all, and that is no key of Roost's.
struct ForeignKey: Sendable {
    let key: String
    /// The setting that means the same, where the table has it.
    let setting: String?
    /// What to do instead where it has not.
    let advice: String
    /// Values that ask for nothing, so that they may stay in the file.
    let neutral: [SettingValue]
    /// The flags of other servers for it, with their dashes, that are no flags of Roost's.
    let flags: [String]

    init(_ key: String, as setting: String? = nil, flags: [String] = [], neutral: [SettingValue] = [], _ advice: String) {
        self.key = key
        self.setting = setting
        self.advice = advice
        self.neutral = neutral
        self.flags = flags
    }

    /// The setting of `table` that means the same.
    func setting(in table: SettingTable) -> Setting? { setting.flatMap(table.setting(key:)) }

    /// The entry for a key of a file, or for the key that a variable of Roost's would have.
    static func named(_ key: String) -> ForeignKey? { all.first { $0.key == key } }

    /// The entry for a flag, with its dashes.
    static func flag(_ flag: String) -> ForeignKey? { all.first { $0.flags.contains(flag) } }
}
