/// The way back from the nearest proxy to the client: entries that are our proxies are passed, and the first that is not is the client.
///
/// If all are our proxies, the left-most counts; if one is malformed, the last before it.
struct ForwardedWalk {
    /// The client; what the walk began with if there is no entry that counts.
    private(set) var address: Endpoint?
    /// How many entries are to the right of the one that counts.
    private(set) var position = 0
    /// The element of `forwarded` that counts.
    private(set) var element: ForwardedElement?
    /// Whether there are as many entries as there must be proxies.
    private(set) var isLongEnough = true
    /// What was malformed.
    private(set) var problem: String?

    init(_ entries: ForwardedEntries, from address: Endpoint?, _ policy: ForwardedPolicy) {
        self.address = address
        var entries = entries
        var index = 0
        while true {
            switch entries.next() {
            case .entry(let entry):
                // A proxy that doesn't tell who called it leaves the last address that is known.
                if let node = entry.node { self.address = node.endpoint }
                element = entry.element
                position = index
                guard policy.passes(entry.node, at: index) else { return }
                index += 1
            case .end:
                isLongEnough = policy.hops == nil
                return
            case .malformed(let reason):
                problem = reason
                return
            }
        }
    }
}
