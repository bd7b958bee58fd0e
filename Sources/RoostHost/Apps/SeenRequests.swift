internal import Synchronization

/// The requests that an app has received, in their order, for tests that ask what reached it.
///
/// A request that came whole is `METHOD path`, one that was cut off within its body `INCOMPLETE METHOD path`. Questions about them are not
/// noted. The newest 65,536 at least are kept.
final class SeenRequests: Sendable {
    static let kept = 65_536

    fileprivate struct State {
        var count = 0
        var requests: [String] = []
    }

    private let state = Mutex(State())

    /// Notes a request that came whole; returns how many that makes.
    func noteComplete(method: String, rawPath: String) -> Int {
        state.withLock { state in
            state.append("\(method) \(rawPath)")
            state.count += 1
            return state.count
        }
    }

    /// Notes a request that was cut off.
    func noteIncomplete(method: String, rawPath: String) {
        state.withLock { $0.append("INCOMPLETE \(method) \(rawPath)") }
    }

    /// Those whose path contains `token`.
    func requests(containing token: String) -> [String] {
        let requests = state.withLock { $0.requests }
        return requests.filter { request in
            // Neither word before the path contains a slash or a space.
            guard let space = request.utf8.lastIndex(of: UInt8(ascii: " ")) else { return false }
            return request[space...].dropFirst().contains(token)
        }
    }
}

extension SeenRequests.State {
    fileprivate mutating func append(_ request: String) {
        // Half at a time, so that it is not done for each.
        if requests.count >= SeenRequests.kept * 2 { requests.removeFirst(SeenRequests.kept) }
        requests.append(request)
    }
}
