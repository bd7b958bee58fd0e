import Glibc

/// What the environment asks of the app, or a file that `APP_BEHAVIOUR` names: a change of it stands for a change of the code.
struct Behaviour: Sendable {
    let version: String
    let startupDelay: Duration
    let shutdownDelay: Duration
    let startupFailure: String?
    let loadFailure: String?
    let isDeadly: Bool

    init() {
        let file = Self.file()
        func variable(_ name: String) -> String? { file[name] ?? getenv(name).map { String(cString: $0) } }
        func seconds(_ name: String) -> Duration { .seconds(variable(name).flatMap(Double.init) ?? 0) }
        version = variable("APP_VERSION") ?? ""
        startupDelay = seconds("APP_STARTUP_DELAY")
        shutdownDelay = seconds("APP_SHUTDOWN_DELAY")
        startupFailure = variable("APP_STARTUP_FAIL")
        loadFailure = variable("APP_LOAD_FAIL")
        isDeadly = variable("APP_DEADLY") != nil
    }

    /// Tells the test that a request is in flight, by a file beside that of the behaviour.
    func noteRequest() {
        guard let path = getenv("APP_BEHAVIOUR").map({ String(cString: $0) }), let slash = path.lastIndex(of: "/") else { return }
        if let file = fopen(path[...slash] + "asked", "w") { fclose(file) }
    }

    /// Lines such as `APP_VERSION = "2"`, which Python reads too.
    private static func file() -> [String: String] {
        guard let path = getenv("APP_BEHAVIOUR"), let file = fopen(path, "r") else { return [:] }
        defer { fclose(file) }
        var values: [String: String] = [:]
        var buffer = [CChar](repeating: 0, count: 1024)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3, let name = parts[0].split(separator: " ").first else { continue }
            values[String(name)] = String(parts[1])
        }
        return values
    }
}
