import HTTPWire
import NIOCore

/// What the application receives.
extension Exchange {
    /// The next event for the application, or nil if it has to wait.
    func nextEvent() -> ASGIReceiveEvent? {
        if let webSocket {
            if let event = webSocket.nextEvent() { return event }
            guard webSocket.closure != nil || wire == nil || isDisconnected else { return nil }
            isDisconnectDelivered = true
            return webSocket.disconnectEvent
        }
        if !isBodyDelivered {
            if isBodyComplete {
                isBodyDelivered = true
                return .httpRequest(body: takeBody(), more: false)
            }
            if waitingBodyBytes > 0 {
                return .httpRequest(body: takeBody(), more: true)
            }
        }
        if wire == nil || isDisconnected {
            isDisconnectDelivered = true
            return .httpDisconnect
        }
        if !isBodyDelivered { wire?.applicationWantsBody() }
        return nil
    }

    /// The next event, if the application need not wait for it, nor leave others their turn: one that asks again and again after
    /// it was told that its client is gone does.
    package func immediateEvent() -> ASGIReceiveEvent? {
        isDisconnectDelivered ? nil : nextEvent()
    }

    /// Calls `action` with the next event: at once, or when there is one. Of several calls that wait, each gets an event, in order.
    ///
    /// - Parameter wait: what `cancelWait` is given to end this call without an event.
    package func whenEvent(_ wait: EventWait = EventWait(), _ action: @escaping EventWait.Action) {
        if wait.isCancelled {
            action(.failure(CancellationError()))
        } else if isDisconnectDelivered {
            let event = webSocket?.disconnectEvent ?? .httpDisconnect
            loop.inNextRound { action(.success(event)) }
        } else if hasNoWaits, let event = nextEvent() {
            action(.success(event))
        } else {
            wait.action = action
            eventWaits.append(wait)
        }
    }

    /// Whether nobody waits for an event any more.
    var hasNoWaits: Bool {
        if !eventWaits.isEmpty { eventWaits.removeAll { $0.isAbandoned?() ?? false } }
        return eventWaits.isEmpty
    }

    /// Ends a call of `whenEvent` that waits, or is yet to come, with a `CancellationError`.
    package func cancelWait(_ wait: EventWait) {
        wait.isCancelled = true
        guard let index = eventWaits.firstIndex(where: { $0 === wait }) else { return }
        eventWaits.remove(at: index).action?(.failure(CancellationError()))
    }
}
