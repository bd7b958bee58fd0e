/// Answers what came by http with where it is by https, and has the application run for the rest, whatever it is written in.
struct HTTPSRedirectRunner: ApplicationRunner {
    private let runner: any ApplicationRunner
    private let redirect: ASGIRunner

    /// - Parameter port: where https is served.
    init(_ runner: any ApplicationRunner, port: Int) {
        self.runner = runner
        // It is handed nothing that it would pass on.
        redirect = ASGIRunner(application: HTTPSRedirect({ _, _, _ in }, port: port, isPermanent: true).application, executor: .eventLoop)
    }

    var usesTasks: Bool { runner.usesTasks }
    var servesWebSockets: Bool { runner.servesWebSockets }

    func run(_ exchange: Exchange) {
        if HTTPScope(exchange).scheme == "http" { redirect.run(exchange) } else { runner.run(exchange) }
    }
}

extension Config {
    /// The runner of an application, with what the configuration has done before it.
    func equipped(_ runner: any ApplicationRunner) -> any ApplicationRunner {
        guard httpsRedirect, let secure = bind.first(where: speaksTLS) else { return runner }
        let port = if case .tcp(_, let port) = secure.address, port > 0 { port } else { 443 }
        return HTTPSRedirectRunner(runner, port: port)
    }
}
