/// An application's lifespan that did not go well.
public enum LifespanError: Error, CustomStringConvertible {
    /// Half of a lifespan.
    public enum Stage: String, Sendable {
        case startup
        case shutdown
    }

    /// The application said that it failed (`lifespan.startup.failed`, `lifespan.shutdown.failed`).
    case failed(Stage, message: String)
    /// The application gave no answer in time.
    case timedOut(Stage, after: Duration)
    /// The application threw instead of answering.
    case threw(Stage, any Error)
    /// The application returned without answering.
    case returnedEarly(Stage)

    public var description: String {
        switch self {
        case .failed(let stage, let message):
            "the application's lifespan \(stage.rawValue) failed\(message.isEmpty ? "" : ": \(message)")"
        case .timedOut(let stage, let time):
            "the application's lifespan \(stage.rawValue) did not complete within \(time) (\(stage.rawValue)_timeout)"
        case .threw(let stage, let error):
            "the application threw during its lifespan \(stage.rawValue): \(error)"
        case .returnedEarly(let stage):
            "the application returned from its lifespan call before it answered the \(stage.rawValue) event"
        }
    }
}
