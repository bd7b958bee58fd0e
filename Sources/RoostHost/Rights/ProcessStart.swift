internal import Glibc

/// What a process does first of all when it is to serve.
enum ProcessStart {
    /// Returns if the process acts for whom the settings say. If not it opens what takes the rights that it has now, gives them up, and starts
    /// the program anew with what it has opened: only that gives every thread the mark against new privileges, and memory in which nothing of
    /// root's is left.
    ///
    /// Nothing must have been set up yet, and nothing of the app's been loaded. Sockets that systemd passed come along because `LISTEN_PID`
    /// stays right, and because nobody has taken them.
    static func settle(_ settings: ResolvedSettings) throws {
        guard let privileges = try Privileges.resolve(settings), !privileges.isInForce() else { return }
        var handover = try opened(settings)
        try privileges.drop()
        for (path, descriptor) in handover.secrets where access(path, R_OK) == 0 {
            close(descriptor)
            handover.secrets[path] = nil
        }
        handover.leave()
        let path = PythonTree.executable ?? CommandLine.arguments.first ?? ""
        throw PrivilegesError.notStarted(path: path, code: ProcessImage.replace(with: path, [], argumentsFrom: 0))
    }

    /// What the process would not get at any more. What lies where the user could get at it, that user opens in the end.
    private static func opened(_ settings: ResolvedSettings) throws -> ProcessHandover {
        let values = settings.values
        var handover = ProcessHandover()
        guard ProcessIdentity.current.user == 0 else { return handover }
        if let path = values.configFile.flatMap({ try? CredentialPath.resolved($0) }) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            handover.configuration = descriptor < 0 ? nil : descriptor
        }
        handover.errorLog = try file(values.errorLogFile, key: "error_logfile")
        handover.accessLog = try values.accessLogFile.flatMap { path throws(LogFileError) in try file(path, key: "access_logfile") }
        if let path = values.rights.pidFile, RootsPlace.contains(path) {
            handover.pidFile = try PIDFile(path, logger: values.logger(.current)).reserve()
        }
        // One in a place of somebody else's could be a link to any file, which the user would be given.
        for path in settings.tlsFiles where RootsPlace.contains(path) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            if descriptor >= 0 { handover.secrets[path] = descriptor }
        }
        return handover
    }

    /// Nil for what is no file, and for one that the user opens.
    private static func file(_ path: String, key: String) throws(LogFileError) -> Int32? {
        guard path != LogOutput.standard, path != LogOutput.journal, RootsPlace.contains(path) else { return nil }
        return try LogOutput.open(path, key: key)
    }
}
