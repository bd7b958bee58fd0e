internal import Roost
internal import Systemd

/// What the process ends with. The numbers are documented and stay.
enum ExitStatus: Int32, Sendable, CaseIterable {
    /// It was asked to stop, or to print something.
    case asked = 0
    /// Something failed that should not have.
    case internalError = 1
    /// The command line, the environment or a file is wrong.
    case usage = 2
    /// The app's startup failed.
    case startupFailed = 3
    /// The app could not be loaded.
    case appNotLoaded = 4
    /// An address could not be listened on.
    case bindFailed = 5

    /// The status for an error that ended the service.
    init(_ error: any Error) {
        self = switch error {
        case is SettingError, is ConfigError, is CommandLineError, is AppCatalogueError, is LogFileError, is StatsDError, is RootError, is PIDFileError: .usage
        case is AppLoadingError, is PythonError: .appNotLoaded
        case is BindError, is ListenDescriptorsError: .bindFailed
        case let error as LifespanError: error.stage == .startup ? .startupFailed : .internalError
        default: .internalError
        }
    }
}

extension LifespanError {
    /// The half of the lifespan that went wrong.
    var stage: Stage {
        switch self {
        case .failed(let stage, _), .timedOut(let stage, _), .threw(let stage, _), .returnedEarly(let stage): stage
        }
    }
}
