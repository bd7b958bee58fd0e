/// What is known of one worker.
struct Worker: Sendable {
    /// Where it stands in its life. In the first three stages it counts: it serves, or is going to.
    enum Stage: Sendable, Hashable {
        /// Asked for; there is no process yet.
        case spawning
        /// The process is there; it has until `deadline` to start.
        case starting(deadline: Duration?)
        case serving(since: Duration)
        /// It was told to end, or ends of its own accord, and is killed at `deadline`.
        case leaving(deadline: Duration?)
        /// It was sent SIGKILL, and is waited for until `deadline`.
        case killed(deadline: Duration)
    }

    /// How far it is with having another one take its place while it serves.
    enum Replacement: Sendable, Hashable {
        /// It should be replaced, for this reason.
        case due(String)
        /// The other one is awaited.
        case underWay
    }

    let id: WorkerID
    /// Counts reloads: which of them it was started by.
    let generation: Int
    /// The round of `RespawnPace` that it was started in.
    let round: Int
    /// After how many requests it is replaced.
    let requestLimit: Int?
    /// At what age it is replaced.
    let lifetime: Duration?

    var stage: Stage = .spawning
    var pid: Int32?
    var report = WorkerReport()
    /// When it last gave a sign of life.
    var lastHeard: Duration
    var replacement: Replacement?
    /// It has said why it ends, so that the way it ends needs no line of its own.
    var hasFailed = false
    /// Its control socket is closed; if it has not exited by then, something is wrong with it.
    var exitAwaited: Duration?

    /// `worker 3 (pid 812)`.
    var name: String { pid.map { "\(id) (pid \($0))" } ?? "\(id)" }

    /// What it is doing, in one word.
    var state: String {
        switch stage {
        case .spawning, .starting: "starting"
        case .serving: "serving"
        case .leaving: "draining"
        case .killed: "killed"
        }
    }

    /// Whether it serves, or is going to.
    var counts: Bool {
        switch stage {
        case .spawning, .starting, .serving: true
        case .leaving, .killed: false
        }
    }

    var isServing: Bool { servingSince != nil }

    var servingSince: Duration? {
        if case .serving(let since) = stage { since } else { nil }
    }

    /// For how long it, or a loop of it, has not answered; nil while it does not serve.
    func silence(at now: Duration) -> Silence? {
        guard isServing else { return nil }
        let unheard = Silence(length: now - lastHeard)
        let reported = Silence(length: report.silence, loop: report.silentLoop)
        return unheard.length > reported.length ? unheard : reported
    }
}

/// How long a worker has not answered.
struct Silence: Sendable, Hashable, CustomStringConvertible {
    var length: Duration
    /// The loop that does not answer; nil if it is the whole worker, or if the loop has no name.
    var loop: String?

    /// `the app's event loop has not answered for 31s`.
    var description: String {
        "\(loop ?? "it") has not answered for \(length.roughText)"
    }
}

extension Duration {
    /// For people: `31s`, or `250ms` if it is less than a second.
    var roughText: String {
        let whole = self < .seconds(1) ? self : .seconds(components.seconds)
        return TimeText(whole)?.description ?? "\(self)"
    }
}
