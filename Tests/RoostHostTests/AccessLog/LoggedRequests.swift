import HTTPWire
import NIOCore
import Roost
import Synchronization
import Testing

@testable import RoostHost

/// What a server without sockets logs of requests that are sent to it as bytes.
enum LoggedRequests {
    /// The lines, each without its line feed.
    static func lines(
        _ format: AccessLogFormat, worker: Int? = nil, _ requests: [[UInt8]], app: @escaping ASGIFramework = hello, _ change: (inout Config) -> Void = { _ in }
    ) async throws -> [[UInt8]] {
        let seen = Seen()
        var config = Config()
        config.recordsResponseHead = format.needsResponseHead
        // Whose traceparent is believed.
        config.forwardedAllowIPs = .local
        config.makeAccessRecorder = { Collector(AccessLineWriter(format, worker: worker), seen) }
        change(&config)
        try await send(requests, app, config)
        let bytes = seen.bytes.withLock(\.self)
        try #require(bytes.last == UInt8(ascii: "\n"))
        return bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// The one line of one request.
    static func line(
        _ format: String, worker: Int? = nil, _ request: String, app: @escaping ASGIFramework = hello, _ change: (inout Config) -> Void = { _ in }
    ) async throws -> String {
        let lines = try await lines(try AccessLogFormat(format), worker: worker, [Array(request.utf8)], app: app, change)
        try #require(lines.count == 1)
        return String(decoding: lines[0], as: UTF8.self)
    }

    /// Sends each request on a connection of its own, and waits for its end.
    static func send(_ requests: [[UInt8]], _ app: @escaping ASGIFramework, _ config: Config) async throws {
        let client = try TestClient(app, config)
        for request in requests {
            let connection = await client.connect()
            connection.send(ByteBuffer(bytes: request))
            connection.endSending()
            do {
                while try await connection.receive() != nil {}
            } catch TestClientError.reset {
                // A response that was cut off.
            }
        }
    }

    static let hello: ASGIFramework = { scope, _, send in
        guard case .http = scope else { throw ASGIError.clientGone }
        try await send(.httpResponseStart(status: 203, headers: ["content-type": "text/plain", "x-mark": "one", "X-Mark": "two"]))
        try await send(.httpResponseBody(ByteBuffer(string: "hello"), more: true))
        try await send(.httpResponseBody(ByteBuffer(string: " world")))
    }

    private final class Seen: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    private final class Collector: AccessRecorder {
        private var writer: AccessLineWriter
        private let seen: Seen

        init(_ writer: AccessLineWriter, _ seen: Seen) {
            self.writer = writer
            self.seen = seen
        }

        func record(_ entry: borrowing AccessEntry) {
            var buffer = WireBuffer()
            writer.write(entry, to: &buffer)
            let bytes = buffer.withUnsafeReadableBytes { Array($0) }
            seen.bytes.withLock { $0 += bytes }
        }

        func flush() {}
    }
}
