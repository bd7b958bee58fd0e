/// The app threw while it was being made.
struct AppLoadingError: Error, CustomStringConvertible {
    let cause: any Error

    var description: String { "the app could not be loaded: \(cause)" }
}
