import Testing

@testable import Roost

@Suite("Task status")
struct TaskStatusTests {
    @Test("started hands its value over once; a second call is an error")
    func once() throws {
        let values = Watched<[Int]>([])
        let status = TaskStatus<Int> { value in values.change { $0.append(value) } }
        try status.started(1)
        #expect(throws: TaskStatusError.startedTwice) { try status.started(2) }
        #expect(throws: TaskStatusError.startedTwice) { try status.started(3) }
        #expect(values.value == [1])
    }

    @Test("copies of a status share the one start")
    func copies() throws {
        let status = TaskStatus<Int> { _ in }
        let copy = status
        try copy.started(1)
        #expect(throws: TaskStatusError.startedTwice) { try status.started(1) }
    }

    @Test("nobody counts the starts of an ignored status")
    func ignored() throws {
        let status = TaskStatus<Int>.ignored
        try status.started(1)
        try status.started(2)
    }

    @Test("of many threads that start at once, one succeeds")
    func race() async {
        let starts = Watched(0)
        let status = TaskStatus<Int> { _ in starts.add() }
        let successes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 { group.addTask { (try? status.started(number)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(successes == 1 && starts.value == 1)
    }

    @Test("the errors say what was done wrong")
    func descriptions() {
        #expect("\(TaskStatusError.startedTwice)" == "TaskStatus.started was called a second time")
        #expect("\(TaskStatusError.endedWithoutStarting)" == "the task ended without calling TaskStatus.started")
    }
}
