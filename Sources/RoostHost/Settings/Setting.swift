/// One row of the settings table.
struct Setting: Sendable {
    /// The name in configuration files, in Hypercorn's spelling. The flag and the variable follow from it.
    let key: String
    /// Under which heading of the help text it stands.
    let section: SettingSection
    /// What it does, in one sentence.
    let help: String
    /// A one-letter flag.
    let short: Character?
    /// Further names of the flag, without dashes.
    let otherFlags: [String]
    /// A variable that other servers read for the same. It counts where nothing of our own sets the value.
    let commonVariable: String?
    /// Where it can be set.
    let places: SettingPlaces
    let form: SettingForm
    let placeholder: String
    let completion: SettingCompletion
    /// The value that it has when nobody sets it.
    let defaultValue: ShownValue

    private let assign: @Sendable (SettingValue, inout HostSettings) throws(SettingProblem) -> Void
    private let show: @Sendable (HostSettings) -> ShownValue
    private let read: @Sendable (HostSettings) -> SettingValue

    /// - Parameter path: Where the value goes. Its default is the one that the settings are made with.
    init<Value>(
        _ key: String,
        _ section: SettingSection,
        _ type: SettingType<Value>,
        _ path: any WritableKeyPath<HostSettings, Value> & Sendable,
        short: Character? = nil,
        otherFlags: [String] = [],
        commonVariable: String? = nil,
        places: SettingPlaces = .everywhere,
        _ help: String
    ) {
        self.key = key
        self.section = section
        self.help = help
        self.short = short
        self.otherFlags = otherFlags
        self.commonVariable = commonVariable
        self.places = places
        form = type.form
        placeholder = type.placeholder
        completion = type.completion
        defaultValue = type.show(HostSettings()[keyPath: path])
        assign = { value, settings throws(SettingProblem) in settings[keyPath: path] = try type.read(value) }
        show = { type.show($0[keyPath: path]) }
        read = { type.plain($0[keyPath: path]) }
    }

    /// `--keep-alive-timeout`.
    var flag: String { "--" + longFlag }

    /// The flag's name without dashes.
    var longFlag: String { String(key.map { $0 == "_" ? "-" : $0 }) }

    /// `ROOST_KEEP_ALIVE_TIMEOUT`.
    var variable: String { SettingTable.variablePrefix + key.uppercased() }

    /// Sets the value, or says where it came from and why it does not fit.
    func set(_ value: SettingValue, from origin: SettingOrigin, in settings: inout HostSettings) throws(SettingError) {
        if let problem = problems(setting: value, from: origin, in: &settings).first { throw problem }
    }

    /// Sets the value, or says all that does not fit in it.
    ///
    /// - Parameters:
    ///   - name: What the source calls the setting.
    ///   - locate: Where a part of the value stands, by the way to it; nil if nobody knows.
    func problems(
        setting value: SettingValue, from origin: SettingOrigin, in settings: inout HostSettings, as name: String? = nil,
        locate: ([SettingStep]) -> SettingOrigin? = { _ in nil }
    ) -> [SettingError] {
        do throws(SettingProblem) {
            try assign(value, &settings)
            return []
        } catch {
            return error.all.map { problem in
                let place = locate(problem.path.isEmpty ? value.path(of: problem.part) : problem.path)
                return .refused(key: name ?? key, value: problem.part ?? value, origin: place ?? origin, reason: problem.reason)
            }
        }
    }

    /// The value that `settings` holds, as configuration files write it.
    func value(in settings: HostSettings) -> ShownValue { show(settings) }

    /// The value that `settings` holds, as a program reads it; `set` takes it back.
    func plainValue(in settings: HostSettings) -> SettingValue { read(settings) }
}

/// Where a setting can be set.
struct SettingPlaces: OptionSet, Sendable {
    let rawValue: Int

    static let flag = SettingPlaces(rawValue: 1)
    static let environment = SettingPlaces(rawValue: 2)
    static let file = SettingPlaces(rawValue: 4)
    static let everywhere: SettingPlaces = [.flag, .environment, .file]
}
