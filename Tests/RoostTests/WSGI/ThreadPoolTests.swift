import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The threads of WSGI applications")
struct ThreadPoolTests {
    @Test("threads are started as they are needed, and never more than the pool's size")
    func bounded() async throws {
        let pool = ThreadPool(size: 3)
        #expect(pool.threadCount == 0)
        let (running, most, done) = (Watched(0), Watched(0), Watched(0))
        for _ in 0..<20 {
            try pool.submit {
                running.add()
                most.change { $0 = max($0, running.value) }
                usleep(5000)
                running.add(-1)
                done.add()
            }
        }
        #expect(pool.threadCount == 3)
        #expect(try await eventually { done.value == 20 })
        #expect(most.value == 3)
        pool.stop()
        #expect(try await eventually { pool.threadCount == 0 })
    }

    @Test("a thread that is free takes the next job")
    func reuse() async throws {
        let pool = ThreadPool(size: 8)
        let done = Watched(0)
        for turn in 1...10 {
            try pool.submit { done.add() }
            #expect(try await eventually { done.value == turn })
            // Until it is waiting again.
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(pool.threadCount == 1)
        pool.stop()
    }

    @Test("jobs run in the order in which they came")
    func order() async throws {
        let pool = ThreadPool(size: 1)
        let order = Watched<[Int]>([])
        for number in 0..<300 { try pool.submit { order.change { $0.append(number) } } }
        #expect(try await eventually { order.value.count == 300 })
        #expect(order.value == Array(0..<300))
        pool.stop()
    }

    @Test("what was submitted is run after a stop too, even what comes later")
    func stop() async throws {
        let pool = ThreadPool(size: 1)
        let done = Watched(0)
        for _ in 0..<5 {
            try pool.submit {
                usleep(2000)
                done.add()
            }
        }
        pool.stop()
        #expect(try await eventually { done.value == 5 && pool.threadCount == 0 })
        try pool.submit { done.add() }
        #expect(try await eventually { done.value == 6 && pool.threadCount == 0 })
    }

    @Test("requests beyond the threads wait their turn, and each is answered")
    func saturation() async throws {
        let (running, most) = (Watched(0), Watched(0))
        let app = answering { environment in
            running.add()
            most.change { $0 = max($0, running.value) }
            usleep(10_000)
            running.add(-1)
            return environment.pathInfo
        }
        let client = try TestClient(app, wsgiConfig(threads: 2))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask { try await client.get("/\(number)").text == "/\(number)" }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(most.value == 2)
    }

    @Test("an application that blocks holds up nobody else")
    func blocking() async throws {
        let gate = Gate()
        let app = answering { environment in
            if environment.pathInfo == "/block" { try gate.wait() }
            return environment.pathInfo
        }
        let client = try TestClient(app, wsgiConfig(threads: 2))
        async let blocked = client.get("/block")
        for _ in 0..<20 { #expect(try await client.get("/free").text == "/free") }
        gate.open()
        #expect(try await blocked.text == "/block")
    }
}
