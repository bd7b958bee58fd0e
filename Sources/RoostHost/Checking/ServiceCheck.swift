internal import Glibc
internal import Logging
internal import Roost
internal import Systemd

/// Tries everything that serving needs, as the user who would serve, without serving: what `roost check` does.
///
/// It leaves no file and no socket behind. What is wrong is reported as it is found, so that one run shows all of it.
struct ServiceCheck {
    let settings: ResolvedSettings
    private let mistakes: [SettingError]
    /// Whether the service runs while it is checked, so that its own addresses and its pid file are in use.
    private let isRunning: Bool
    let program: String
    private var problems = 0
    /// What could not be tried, a line each.
    private var notes: [String] = []

    /// - Parameters:
    ///   - layers: The settings, with what was wrong in them.
    ///   - program: The program's name in what is written.
    init(_ layers: SettingLayers, isRunning: Bool, program: String) {
        settings = layers.resolved
        mistakes = layers.problems
        self.isRunning = isRunning
        self.program = program
    }

    /// Tries all but the app.
    ///
    /// - Parameter name: Looks at the app's name.
    /// - Returns: Whether the app can be loaded, and should be.
    mutating func run(name: (ResolvedSettings) throws -> Void) -> Bool {
        for mistake in mistakes { found(mistake) }
        notes += settings.warnings
        // Whatever else would be looked at may be meant differently.
        guard !mistakes.contains(where: \.concernsWholeFile) else { return false }
        for problem in settings.values.serve.problems { found(problem) }
        let isServedAsWanted = becomeUser()
        checkFiles()
        checkTLS()
        checkBinds()
        guard isSound("app", "python", "venv", "app_dir", "factory", "worker_class") else { return false }
        do {
            try name(settings)
        } catch {
            found(error)
            return false
        }
        if !isServedAsWanted { notes.append("the app was not loaded: its code should not run with root's rights") }
        return isServedAsWanted
    }

    /// Says what is wrong with the app, if it has not said so itself.
    mutating func appFailed(_ error: (any Error)? = nil) {
        if let error { found(error) } else { problems += 1 }
    }

    /// The result, which is written out.
    ///
    /// - Returns: What the process should end with.
    func end() -> ExitStatus {
        for note in notes { LogOutput.standardError.write(line: "\(program): note: \(OneLine.escaped(note))") }
        if problems == 0 { print("ok") }
        return problems == 0 ? .asked : .usage
    }

    private mutating func found(_ problem: any Error) {
        problems += 1
        StandardError.write(error: "\(problem)", program: program)
    }

    /// Whether nothing was wrong with these settings, so that what they say is what is meant.
    private func isSound(_ keys: String...) -> Bool {
        !mistakes.contains { mistake in mistake.key.map(keys.contains) ?? false }
    }

    // MARK: Steps

    /// From here on the process is whom the settings name, for good: what the service may do is what counts.
    ///
    /// - Returns: False if it remains root, whom the settings do not allow.
    private mutating func becomeUser() -> Bool {
        guard isSound("user", "group", "allow_root"), accountsExist() else { return getuid() != 0 }
        do {
            guard let privileges = try Privileges.resolve(settings), !privileges.isInForce() else { return true }
            checkRootsFiles()
            checkRootsBinds(privileges)
            try privileges.drop()
            return true
        } catch {
            found(error)
            return getuid() != 0
        }
    }

    private mutating func accountsExist() -> Bool {
        let before = problems
        let rights = settings.values.rights
        for (key, name, look) in [("user", rights.user, Account.user), ("group", rights.group, Account.group)] {
            guard let name else { continue }
            do {
                _ = try look(name)
            } catch {
                found(SettingError.refused(key: key, value: .text(name), origin: settings.origins[key] ?? .builtIn, reason: "\(error)"))
            }
        }
        return problems == before
    }

    /// Files that root opens before it becomes somebody else.
    private mutating func checkRootsFiles() {
        guard getuid() == 0 else { return }
        for (key, path) in logs where path.map({ RootsPlace.contains($0) }) ?? false {
            checkLog(key, path)
            rootsFiles.insert(key)
        }
        if let path = settings.values.rights.pidFile, RootsPlace.contains(path) {
            checkPIDFile()
            rootsFiles.insert("pid")
        }
    }

    /// Addresses that root listens on before it becomes somebody else.
    private mutating func checkRootsBinds(_ privileges: Privileges) {
        guard getuid() == 0, areBindsSound else { return }
        var config = settings.listeningConfig(isActivated: false)
        let options = config.socket
        config.bind.removeAll { PrivilegedListeners.Part($0.address, options, isRoots: RootsPlace.contains) == nil }
        config.socket = options.inherited(by: privileges.heir)
        note(ListenTrial(config, activated: ListenDescriptors(descriptors: [])))
        rootsBinds = Set(config.bind.map(\.address))
    }

    /// Those that were tried as root.
    private var rootsBinds: Set<BindAddress> = []

    private var areBindsSound: Bool {
        isSound("bind", "insecure_bind", "socket_mode", "socket_user", "socket_group", "umask", "socket_make_dirs", "reuse_port")
    }

    private mutating func note(_ trial: ListenTrial) {
        for problem in trial.problems {
            if isRunning, problem.code == EADDRINUSE, let holder = problem.holder {
                notes.append("\(problem.address) is in use by process \(holder)")
            } else {
                found(problem)
            }
        }
    }

    /// Keys of files that were looked at as root.
    private var rootsFiles: Set<String> = []

    private mutating func checkFiles() {
        for (key, path) in logs { checkLog(key, path) }
        if !rootsFiles.contains("pid"), isSound("pid") { checkPIDFile() }
    }

    private var logs: [(key: String, path: String?)] {
        [("error_logfile", settings.values.errorLogFile), ("access_logfile", settings.values.accessLogFile)]
    }

    private mutating func checkLog(_ key: String, _ path: String?) {
        guard !rootsFiles.contains(key), isSound(key), let path, LogOutput.isFile(path) else { return }
        let code = WritableFile.refusal(path)
        if code != 0 { found(LogFileError(key: key, path: path, code: code)) }
    }

    private mutating func checkPIDFile() {
        guard let path = settings.values.rights.pidFile else { return }
        do throws(PIDFileError) {
            _ = try PIDFile(path, logger: Logger(label: "roost", factory: { _ in SwiftLogNoOpLogHandler() }))
        } catch {
            if case .taken(_, let process) = error, isRunning {
                notes.append("the pid file names process \(process), which is running")
            } else {
                found(error)
            }
        }
    }

    /// Reads the certificates as serving does, and as whom serving does.
    private mutating func checkTLS() {
        guard isSound("certfile", "keyfile", "keyfile_password", "certificate", "ca_certs", "verify_mode", "ciphers", "insecure_bind") else { return }
        do {
            var config = settings.values.serve
            try settings.addTLS(to: &config)
            if let tls = config.tls { notes += try TLSLoader(tls).check().warnings }
        } catch {
            found(error)
        }
    }

    private mutating func checkBinds() {
        guard areBindsSound else { return }
        let passed: ListenDescriptors
        do {
            passed = try ListenDescriptors.take().activated
        } catch {
            return found(error)
        }
        let config = settings.listeningConfig(isActivated: !passed.descriptors.isEmpty)
        let trial = ListenTrial(config, activated: passed, known: rootsBinds)
        note(trial)
        if let time = settings.values.processes.exitIdleTime, settings.origins["bind"] != nil, !config.bind.contains(where: \.isActivated) {
            found(
                SettingError.refused(
                    key: "exit_idle_time", value: .text(TimeText(time)?.description ?? "\(time)"),
                    origin: settings.origins["exit_idle_time"] ?? .builtIn,
                    reason: "nobody would start the service again: no address is a socket of systemd's; bind systemd: and start it by a socket "
                        + "unit, or leave this out"))
        }
        for bind in trial.untried { notes.append("\(bind) was not tried: systemd passes sockets to the service alone, not to this check") }
    }
}

extension Bind {
    /// Whether it may be a socket that systemd passes.
    fileprivate var isActivated: Bool {
        switch address {
        case .systemd, .descriptor: true
        case .tcp, .unix, .abstract: false
        }
    }
}

extension SettingError {
    /// The key that is at fault; nil if that is none of ours.
    fileprivate var key: String? {
        if case .refused(let key, _, _, _) = self { ForeignKey.named(key)?.setting ?? key } else { nil }
    }

    /// Whether no setting of the file counts.
    fileprivate var concernsWholeFile: Bool {
        switch self {
        case .unreadable, .syntax: true
        case .refused, .unknown, .misplaced: false
        }
    }
}
