import HTTPWire
import SeededRandom
import Testing
import WebSocketCases

@Suite("A WebSocket")
struct WebSocketCaseTests {
    @Test("makes of its client's bytes what the standards say, however they are cut", arguments: WebSocketCase.all)
    func conformance(_ webSocketCase: WebSocketCase) throws {
        let whole = try WebSocketRun(webSocketCase, cuts: [])
        #expect(whole.events == webSocketCase.events)
        #expect(whole.frames?.map(\.withoutReason) == webSocketCase.answers)
        for cuts in webSocketCase.everyCut {
            let cut = try WebSocketRun(webSocketCase, cuts: cuts)
            guard cut == whole else {
                Issue.record("cut at \(cuts.prefix(3)): \(cut.events.suffix(2)) \(cut.reasons), whole: \(whole.reasons)")
                return
            }
        }
    }

    @Test("has cases of every group, each once")
    func groups() {
        let groups = Dictionary(grouping: WebSocketCase.all, by: \.group).mapValues(\.count)
        #expect(groups.count == 10)
        #expect(Set(WebSocketCase.all.map(\.description)).count == WebSocketCase.all.count)
    }

    @Test("is in the state that its last event leaves it in", arguments: WebSocketCase.all)
    func states(_ webSocketCase: WebSocketCase) throws {
        let run = try WebSocketRun(webSocketCase, cuts: [])
        switch webSocketCase.events.last {
        case .closed, .failed: #expect(run.state == .closed)
        default: #expect(run.state == .open)
        }
    }
}
