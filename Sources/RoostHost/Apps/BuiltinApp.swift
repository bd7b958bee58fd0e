internal import Roost

/// The apps that come with the command, for trying things and for tests.
enum BuiltinApp: String, Sendable, CaseIterable {
    /// Answers everything with `Hello World`.
    case hello
    /// The same, through the WSGI contract.
    case helloWSGI = "hello-wsgi"
    /// Answers with what it received, in JSON.
    case echo
    /// The same, through the WSGI contract.
    case echoWSGI = "echo-wsgi"

    var framework: Framework {
        switch self {
        case .hello: .asgi(HelloApp.application)
        case .helloWSGI: .wsgi(HelloWSGIApp.application)
        case .echo: .asgi(EchoApp().application)
        case .echoWSGI: .wsgi(EchoWSGIApp().application)
        }
    }
}
