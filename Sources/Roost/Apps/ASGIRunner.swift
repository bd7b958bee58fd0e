/// Runs an ASGI application in a task of its own for each request.
struct ASGIRunner: ApplicationRunner {
    let application: ASGIFramework
    let executor: AppExecutor
    var usesTasks: Bool { true }
    var servesWebSockets: Bool { true }

    func run(_ exchange: Exchange) {
        if let trace = exchange.trace { return run(exchange, within: trace) }
        let application = self.application
        let task: Task<Void, Never>
        switch executor {
        case .eventLoop:
            // The task is enqueued at once and runs in this round of the loop: no thread is crossed between read and write.
            // Detached, because a pipelined request is started within the task of the one before, and must not see its task-local values.
            task = Task.detached(name: exchange.taskName, executorPreference: exchange.loop) {
                do {
                    try await application(exchange.scope, ASGIReceive(exchange), ASGISend(exchange))
                    Self.end(exchange, nil)
                } catch {
                    Self.end(exchange, error)
                }
            }
        case .concurrentPool:
            task = Task.detached(name: exchange.taskName, executorPreference: globalConcurrentExecutor) {
                do {
                    try await application(exchange.scope, ASGIReceive(exchange), ASGISend(exchange))
                    Self.end(exchange, nil)
                } catch {
                    Self.end(exchange, error)
                }
            }
        }
        exchange.runs(in: task)
    }

    /// The same, so that spans of the application's own are children of the request's.
    private func run(_ exchange: Exchange, within trace: RequestTrace) {
        let application = self.application
        let place: any TaskExecutor =
            switch executor {
            case .eventLoop: exchange.loop
            case .concurrentPool: globalConcurrentExecutor
            }
        exchange.runs(
            in: Task.detached(name: exchange.taskName, executorPreference: place) {
                await trace.asCurrent {
                    do {
                        try await application(exchange.scope, ASGIReceive(exchange), ASGISend(exchange))
                        Self.end(exchange, nil)
                    } catch {
                        Self.end(exchange, error)
                    }
                }
            })
    }

    private static func end(_ exchange: Exchange, _ error: (any Error)?) {
        if exchange.loop.isCurrent {
            exchange.end(error)
        } else {
            exchange.loop.execute { exchange.end(error) }
        }
    }
}
