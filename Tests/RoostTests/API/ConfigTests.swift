import Testing

@testable import Roost

@Suite("Configurations that cannot be served with")
struct ConfigTests {
    private func error(_ configure: (inout Config) -> Void) async -> ConfigError? {
        let config = testConfig(bind: .anyLoopbackPort, configure)
        let started = Watched(false)
        let app: ASGIFramework = { _, _, _ in started.value = true }
        let error = await #expect(throws: ConfigError.self) { try await serve(app, config, shutdownTrigger: .when {}) }
        #expect(!started.value)
        return error
    }

    @Test("each is an error that names the setting, before anything is started")
    func errors() async {
        #expect(await error { $0.bind = [] }?.key == "bind")
        #expect(await error { $0.eventLoops = 0 }?.key == "event_loops")
        #expect(await error { $0.wsgiThreads = -1 }?.key == "wsgi_threads")
        #expect(await error { $0.limitConnections = 0 }?.key == "limit_connections")
        #expect(await error { $0.limitConcurrency = 0 }?.key == "limit_concurrency")
        #expect(await error { $0.keepAliveMaxRequests = 0 }?.key == "keep_alive_max_requests")
        for path in ["app", "/app/", "/"] { #expect(await error { $0.rootPath = path }?.key == "root_path") }
        #expect(await error { $0.eventLoops = 0 }?.description == "event_loops = 0: at least 1 is needed")
    }

    @Test("a mode that is not the application's is an error")
    func mode() async {
        let config = testConfig(bind: .anyLoopbackPort)
        let error = await #expect(throws: ConfigError.self) {
            try await serve(Apps.hello, config, shutdownTrigger: .when {}, mode: .wsgi)
        }
        #expect(error?.key == "mode" && error?.value == "wsgi")
    }

    @Test("a mode that is the application's is none, in every spelling of serve")
    func modes() async throws {
        let config = testConfig(bind: .anyLoopbackPort)
        try await serve(Apps.hello, config, shutdownTrigger: .when {}, mode: .asgi)
        try await serve(.asgi(Apps.hello), config, shutdownTrigger: .when {}, mode: .asgi)
        try await serve(.asgi(Apps.hello), config, shutdownTrigger: {})
        #expect(Framework.asgi(Apps.hello).mode == .asgi)
    }

    @Test("the most connections are those that there are descriptors for")
    func connectionLimit() {
        var config = Config()
        let possible = config.connectionLimit
        #expect(possible > 0)
        config.limitConnections = 5
        #expect(config.connectionLimit == min(5, possible))
        config.limitConnections = .max
        #expect(config.connectionLimit == possible)
    }
}
