/// A thread that serves one polled transport until it is told to stop and nothing is left to serve.
///
/// `@unchecked Sendable`: everything but `transport.loop` is touched only on the loop's thread, where `loop.execute` brings the work.
final class EventLoopThread: @unchecked Sendable {
    private let transport: PolledTransport
    private var mayStop = false
    var loop: LoopExecutor { transport.loop }

    /// Starts the thread.
    /// - Throws: `SystemError` if the kernel grants no thread.
    init(_ transport: PolledTransport) throws(SystemError) {
        self.transport = transport
        try DetachedThread.start(named: "roost-loop") { self.run() }
    }

    private func run() {
        loop.attach()
        while !(mayStop && transport.connectionCount == 0 && transport.context.exchangeCount == 0) {
            transport.drain(mayWait: true)
        }
        loop.end()
    }

    /// Runs `work` with the transport on the loop's thread and returns what it returns.
    func call<Result: Sendable>(_ work: @escaping @Sendable (PolledTransport) throws(SystemError) -> Result) async throws(SystemError) -> Result {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Swift.Result<Result, SystemError>, Never>) in
            loop.execute {
                do throws(SystemError) {
                    continuation.resume(returning: .success(try work(self.transport)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Runs `work` with the transport on the loop's thread, soon.
    func perform(_ work: @escaping @Sendable (PolledTransport) -> Void) {
        loop.execute { work(self.transport) }
    }

    /// Lets the thread end once its connections are closed and its applications have returned.
    func stopWhenIdle() {
        perform { _ in self.mayStop = true }
    }
}
