import Roost
import Testing

@testable import RoostHost

@Suite("The life of a serving process")
struct ServiceLifeTests {
    private struct Broken: Error {}

    private func life(bind: String) throws -> ServiceLife {
        var settings = ResolvedSettings()
        settings.values.serve.bind = [try Bind(bind)]
        settings.values.serve.lifespan = .on
        settings.origins["bind"] = .program
        return ServiceLife(settings: settings, program: "test")
    }

    @Test("ends with 4 when the app cannot be made")
    func loading() async throws {
        #expect(try await life(bind: "127.0.0.1:0").run { throw Broken() } == .appNotLoaded)
    }

    @Test("ends with 3 when the app's startup fails")
    func startup() async throws {
        let status = try await life(bind: "127.0.0.1:0").run {
            .asgi { _, receive, send in
                _ = try await receive()
                try await send(.lifespanStartupFailed(message: "no database"))
            }
        }
        #expect(status == .startupFailed)
    }

    @Test("ends with 2 when the access log can't be opened")
    func accessLog() async throws {
        var life = try life(bind: "127.0.0.1:0")
        life.settings.values.accessLogFile = "/nonexistent/access.log"
        #expect(await life.run { BuiltinApp.hello.framework } == .usage)
    }

    @Test("ends with 5 when an address cannot be listened on")
    func bind() async throws {
        #expect(try await life(bind: "unix:/nonexistent/x.sock").run { BuiltinApp.hello.framework } == .bindFailed)
    }
}
