internal import Glibc
internal import Roost

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
        var handover = ProcessHandover()
        if ProcessIdentity.current.user == 0 {
            handover = try opened(settings, for: privileges)
        } else {
            try privileges.drop()
        }
        for (path, descriptor) in handover.secrets where access(path, R_OK) == 0 {
            close(descriptor)
            handover.secrets[path] = nil
        }
        handover.leave()
        let path = PythonTree.executable ?? CommandLine.arguments.first ?? ""
        throw PrivilegesError.notStarted(path: path, code: ProcessImage.replace(with: path, [], argumentsFrom: 0))
    }

    /// Opens what the process would not get at any more, and gives its rights up. What lies where the user could get at it, that user opens in the end.
    private static func opened(_ settings: ResolvedSettings, for privileges: Privileges) throws -> ProcessHandover {
        let values = settings.values
        var handover = ProcessHandover()
        if let path = values.configFile.flatMap({ try? CredentialPath.resolved($0) }) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            handover.configuration = descriptor < 0 ? nil : descriptor
        }
        handover.errorLog = try file(values.errorLogFile, key: "error_logfile")
        handover.accessLog = try values.accessLogFile.flatMap { path throws(LogFileError) in try file(path, key: "access_logfile") }
        let pidFile = try values.rights.pidFile.flatMap { path throws(PIDFileError) in
            RootsPlace.contains(path) ? try PIDFile(path, logger: values.logger(.current)) : nil
        }
        // One in a place of somebody else's could be a link to any file, which the user would be given.
        for path in settings.tlsFiles where RootsPlace.contains(path) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            if descriptor >= 0 { handover.secrets[path] = descriptor }
        }
        let listeners: RootsListeners
        do {
            listeners = try RootsListeners(settings, for: privileges)
        } catch let error as BindError {
            tell(of: error, handover, settings)
            throw error
        }
        do {
            handover.pidFile = try pidFile?.reserve()
            try privileges.drop()
        } catch {
            listeners.close()
            if let pidFile, let reserved = handover.pidFile { PIDFile(pidFile.path, reserved: reserved).remove() }
            throw error
        }
        handover.sockets = listeners.sockets
        return handover
    }

    /// Tells the service manager what has failed, and has the error written where the service would write it.
    private static func tell(of error: BindError, _ handover: ProcessHandover, _ settings: ResolvedSettings) {
        let values = settings.values
        // Root opens no log in a place of somebody else's.
        if handover.errorLog != nil || !LogOutput.isFile(values.errorLogFile) {
            (try? values.errorLog(handover.errorLog, program: ProgramName.current))?.install()
        }
        ServiceReporter(timeouts: PhaseTimeouts(values.serve)).finished(.bindFailed, failure: "\(error)", errno: error.code)
    }

    /// Nil for what is no file, and for one that the user opens.
    private static func file(_ path: String, key: String) throws(LogFileError) -> Int32? {
        guard LogOutput.isFile(path), RootsPlace.contains(path) else { return nil }
        return try LogOutput.open(path, key: key)
    }
}
