import Glibc
import HTTPWire
import NIOCore

@testable import Roost

/// A configuration for WSGI tests, with what is logged kept.
func wsgiConfig(threads: Int = 4, log: LogCapture = LogCapture()) -> Config {
    var config = Config()
    config.wsgiThreads = threads
    config.logger = log.logger
    config.disconnectGrace = .milliseconds(50)
    return config
}

/// Answers with what `text` makes of the environment.
func answering(_ text: @escaping @Sendable (WSGIEnvironment) throws -> String) -> WSGIFramework {
    { environment, startResponse in
        let answer = try text(environment)
        try startResponse("200 OK")
        return WSGIBody(answer)
    }
}

extension TestConnection {
    /// Reads until what came contains `text`, or until the end; returns all that came.
    func receive(until text: String) async throws -> String {
        var all = ""
        while !all.contains(text), let bytes = try await receive() { all += String(buffer: bytes) }
        return all
    }

    /// Reads to the end of the connection.
    func receiveAll() async throws -> String {
        var all = ""
        while let bytes = try await receive() { all += String(buffer: bytes) }
        return all
    }
}

/// Waits, without holding a thread, until `condition` holds; false if that takes too long.
func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
