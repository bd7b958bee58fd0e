internal import Glibc
internal import Logging
package import Roost
internal import Synchronization

/// What a process that serves an app in Python asks of the host: its command line, its settings, and the service manager.
///
/// It reads the command line of `roost serve` by the same table as `roost` itself, so that flags, variables and the file
/// mean there what they mean here.
package final class WorkerHost: Sendable {
    /// What a command line asks for.
    package enum Request: Sendable {
        /// Serve with these settings.
        case serve(WorkerHost)
        /// Print this and end with 0: help, the version, the settings in effect.
        case print(String)
        /// End with this status: everything was tried, and what was wrong is written.
        case checked(Int32)
    }

    package let settings: WorkerSettings
    /// Whether a supervisor has started this process, which then is told by it alone when to stop.
    package let isSupervised: Bool
    private let service: HostedService
    private let attendance: ProcessAttendance
    private let stopDeadline = Mutex<StopDeadline?>(nil)
    private let hasFinished = Atomic(false)

    /// Reads a command line, and sets up the process if it asks to serve.
    ///
    /// - Parameters:
    ///   - arguments: Without the program's name: `serve …`.
    ///   - environment: All variables; nil for those of this process.
    package static func read(_ arguments: [String], environment: [String: String]? = nil) throws(WorkerError) -> Request {
        do {
            ProgramName.become(program)
            let environment = environment ?? ProcessEnvironment.variables()
            switch try CommandLineRequest(roost: arguments, environment: environment) {
            case .text(let text): return .print(text)
            case .check(let layers, let isRunning):
                var check = ServiceCheck(layers, isRunning: isRunning, program: program)
                return .checked(check.runCommand(environment, interpreter: PythonWorker.currentInterpreter).rawValue)
            case .showStatus: throw CommandLineError("this process only serves", help: "roost status --help")
            case .serve(let settings):
                try ProcessStart.settle(settings)
                return .serve(try WorkerHost(settings))
            }
        } catch {
            throw WorkerError(error)
        }
    }

    private init(_ settings: ResolvedSettings) throws {
        service = try HostedService(settings, program: Self.program, threads: WorkerSettings.threads)
        do {
            let equipment = try service.equipment()
            var values = settings.values
            values.serve.drainDelay = equipment.config.drainDelay
            if case .worker = service.role { isSupervised = true } else { isSupervised = false }
            self.settings = WorkerSettings(values, equipment.config)
            let successor = PythonWorker.successor()
            attendance = try ProcessAttendance(service, equipment, successor: { successor })
        } catch {
            service.reporter.finished(ExitStatus(error), failure: "\(error)", errno: nil)
            throw error
        }
    }

    /// The server goes from one phase to the next; `status` is read, on any thread, for as long as the phase lasts.
    package func entered(_ phase: ServePhase, _ status: ServerStatus? = nil) {
        service.monitor.entered(phase, status)
        stopDeadline.withLock(\.self)?.entered(phase)
        service.reporter.entered(phase) { status.map(ServiceCounts.init) ?? ServiceCounts() }
        switch phase {
        case .starting, .serving: break
        case .draining, .stopping: attendance.hasStopped()
        }
    }

    /// The app is up and every address is listened on: the phase `serving` begins.
    package func ready(_ binds: [BoundAddress], _ status: ServerStatus? = nil) {
        service.ready(binds)
        entered(.serving(binds), status)
        if !isSupervised { limitStop() }
        attendance.hasBegun { status.map(ServiceCounts.init) ?? ServiceCounts() }
    }

    /// From here on signals begin the shutdown, and must do so even if nobody listens.
    private func limitStop() {
        do {
            let deadline = try StopDeadline(PhaseTimeouts(settings.config), settings.config.logger) { [self] in
                finished(ExitStatus.asked.rawValue)
                _exit(ExitStatus.asked.rawValue)
            }
            stopDeadline.withLock { $0 = deadline }
        } catch {
            settings.config.logger.warning("an app that holds its thread will not be ended: \(error)")
        }
    }

    /// The last word before the process ends; only the first counts.
    ///
    /// - Parameters:
    ///   - status: What the process will end with.
    ///   - reason: Why, if nobody asked for it: one line, which is printed.
    ///   - errno: The error number behind it, for the service manager.
    package func finished(_ status: Int32, reason: String? = nil, errno: Int32? = nil) {
        guard !hasFinished.exchange(true, ordering: .relaxed) else { return }
        stopDeadline.withLock(\.self)?.stop()
        attendance.end()
        service.finished(ExitStatus(rawValue: status) ?? .internalError, failure: reason, errno: errno)
    }

    /// Prints the line with which a worker ends that came to no settings: `roost: error: …`.
    package static func print(_ error: WorkerError) {
        StandardError.write(error: error.description, program: program)
    }

    /// Has dumps include what Python is doing.
    ///
    /// - Parameters:
    ///   - stacks: A file that Python has written the stacks of its threads to when the signal came.
    ///   - wake: Written to, so that the event loop logs its tasks; nil if there are none.
    package func dump(stacks: Int32, wake: Int32?) {
        attendance.requests.add { logger in
            let text = Self.taken(stacks)
            if !text.isEmpty { logger.notice("dump: the stacks of Python's threads\n\(text)") }
            if let wake { _ = write(wake, "!", 1) }
        }
    }

    /// What is in the file, which is empty from then on.
    private static func taken(_ file: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 1 << 20 {
            let count = pread(file, &buffer, buffer.count, bytes.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        ftruncate(file, 0)
        while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    static let program = "roost"
}

/// Why a worker has no settings to serve with.
package struct WorkerError: Error, CustomStringConvertible {
    /// One line for the operator.
    package let description: String
    /// What the process ends with.
    package let status: Int32

    init(_ error: any Error) {
        description = "\(error)"
        status = ExitStatus(error).rawValue
    }
}
