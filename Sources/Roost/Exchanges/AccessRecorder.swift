/// Writes down what an access log tells of requests, for one event loop: everything is called on that loop.
package protocol AccessRecorder: AnyObject {
    /// Notes a request whose response is complete or has failed.
    func record(_ entry: borrowing AccessEntry)
    /// Writes what was noted; at the end of each of the loop's rounds in which something was, and at once where there are no rounds.
    func flush()
}

/// Settles an access log at the end of a loop's round.
final class AccessLogTurn: LoopParticipant {
    let recorder: any AccessRecorder

    init(_ recorder: any AccessRecorder) {
        self.recorder = recorder
    }

    func settle() { recorder.flush() }
}
