import Testing

@testable import Roost

@Suite("Starting in a task group", .timeLimit(.minutes(1)))
struct NurseryStartTests {
    @Test("start returns what started was given, and the task goes on in the group")
    func value() async throws {
        let (goOn, finished) = (Gate(), Watched(false))
        try await withThrowingTaskGroup(of: Void.self) { nursery in
            let value = try await nursery.start { (status: TaskStatus<String>) in
                try status.started("ready")
                await goOn.opened()
                finished.value = true
            }
            #expect(value == "ready")
            #expect(!finished.value)
            goOn.open()
            try await nursery.waitForAll()
        }
        #expect(finished.value)
    }

    @Test("start throws what came before the start, and the group does not see it too")
    func errorBefore() async throws {
        try await withThrowingTaskGroup(of: Void.self) { nursery in
            await #expect(throws: Deliberate.self) {
                try await nursery.start { (_: TaskStatus<Int>) in throw Deliberate() }
            }
            try await nursery.waitForAll()
            #expect(!nursery.isCancelled)
        }
    }

    @Test("an error after the start is the group's")
    func errorAfter() async throws {
        await #expect(throws: Deliberate.self) {
            try await withThrowingTaskGroup(of: Void.self) { nursery in
                let value = try await nursery.start { (status: TaskStatus<Int>) in
                    try status.started(7)
                    throw Deliberate()
                }
                #expect(value == 7)
                try await nursery.waitForAll()
            }
        }
    }

    @Test("a task that ends without starting is an error")
    func neverStarted() async throws {
        await withThrowingTaskGroup(of: Void.self) { nursery in
            _ = await #expect(throws: TaskStatusError.endedWithoutStarting) {
                try await nursery.start { (_: TaskStatus<Int>) in }
            }
        }
    }

    @Test("a task that starts twice fails at the second start")
    func startedTwice() async throws {
        await #expect(throws: TaskStatusError.startedTwice) {
            try await withThrowingTaskGroup(of: Void.self) { nursery in
                _ = try await nursery.start { (status: TaskStatus<Int>) in
                    try status.started(1)
                    try status.started(2)
                }
                try await nursery.waitForAll()
            }
        }
    }

    @Test("the same holds for discarding groups")
    func discarding() async throws {
        let finished = Watched(false)
        try await withThrowingDiscardingTaskGroup { nursery in
            let value = try await nursery.start { (status: TaskStatus<Int>) in
                try status.started(3)
                finished.value = true
            }
            #expect(value == 3)
            await #expect(throws: Deliberate.self) {
                try await nursery.start { (_: TaskStatus<Int>) in throw Deliberate() }
            }
            await #expect(throws: TaskStatusError.endedWithoutStarting) {
                try await nursery.start { (_: TaskStatus<Int>) in }
            }
        }
        #expect(finished.value)
        await #expect(throws: Deliberate.self) {
            try await withThrowingDiscardingTaskGroup { nursery in
                _ = try await nursery.start { (status: TaskStatus<Int>) in
                    try status.started(3)
                    throw Deliberate()
                }
            }
        }
    }

    @Test("cancelling the group before the start makes start throw")
    func cancelled() async throws {
        await withThrowingTaskGroup(of: Void.self) { nursery in
            nursery.cancelAll()
            _ = await #expect(throws: CancellationError.self) {
                try await nursery.start { (_: TaskStatus<Int>) in try await Task.sleep(for: .seconds(60)) }
            }
        }
    }

    @Test("serve gives its binds to start, in either kind of group")
    func serveInGroups() async throws {
        try await withThrowingTaskGroup(of: Void.self) { nursery in
            let config = testConfig(bind: .anyLoopbackPort)
            let binds = try await nursery.start { try await serve(Apps.hello, config, shutdownTrigger: .never, taskStatus: $0) }
            #expect(binds.count == 1 && binds[0].endpoint.port ?? 0 > 0)
            nursery.cancelAll()
        }
        await #expect(throws: CancellationError.self) {
            try await withThrowingDiscardingTaskGroup { nursery in
                let config = testConfig(bind: .anyLoopbackPort)
                let binds = try await nursery.start { try await serve(Apps.hello, config, shutdownTrigger: .never, taskStatus: $0) }
                #expect(binds[0].endpoint.port ?? 0 > 0)
                nursery.cancelAll()
            }
        }
    }
}
