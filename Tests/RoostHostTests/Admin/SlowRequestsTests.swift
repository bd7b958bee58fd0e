import Testing

@testable import RoostHost

@Suite("Slow requests")
struct SlowRequestsTests {
    private func request(_ id: String, _ age: Double) -> RequestStatus {
        RequestStatus(id: id, worker: 1, method: "GET", path: "/", client: nil, age: age)
    }

    @Test("are told of once over the limit, and again when their age has doubled")
    func doubling() {
        var slow = SlowRequests(limit: .seconds(5))
        var told: [Double] = []
        for age in stride(from: 0.0, through: 45, by: 1) where !slow.due([request("a", age)]).isEmpty { told.append(age) }
        #expect(told == [5, 10, 20, 40])
    }

    @Test("are told of one by one, also if nobody looked for a while")
    func several() {
        var slow = SlowRequests(limit: .seconds(5))
        #expect(slow.due([request("a", 23), request("b", 4)]).map(\.id) == ["a"])
        #expect(slow.due([request("a", 24), request("b", 5)]).map(\.id) == ["b"])
        #expect(slow.due([request("a", 39.9)]).isEmpty)
        #expect(slow.due([request("a", 40), request("b", 5)]).map(\.id) == ["a", "b"])
    }

    @Test("are looked for often enough", arguments: [(0.001, 0.05), (1, 0.25), (5, 1), (3600, 1)])
    func rhythm(_ limit: Double, _ rhythm: Double) {
        #expect(SlowRequests(limit: .seconds(limit)).rhythm == .seconds(rhythm))
    }
}
