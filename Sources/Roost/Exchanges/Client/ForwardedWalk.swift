/// The way back from the nearest proxy to the client: entries that are our proxies are passed, and the first that is not is the client.
///
/// If all are our proxies, the left-most counts. If one is malformed nobody can be told: a client that spoils a list must not pass for the proxy.
struct ForwardedWalk {
    /// The client; what the walk began with if there is no entry that counts.
    private(set) var address: Endpoint?
    /// How many entries are to the right of the one that counts.
    private(set) var position = 0
    /// The element of `forwarded` that counts.
    private(set) var element: ForwardedElement?
    /// Whether there are as many entries as there must be proxies.
    private(set) var isLongEnough = true
    /// Whether a sender is named at all.
    private(set) var isNamed = false
    /// What was malformed.
    private(set) var problem: String?

    init(_ family: ForwardedFamily, in fields: ForwardedFields, _ bytes: Span<UInt8>, from address: Endpoint?, _ policy: ForwardedPolicy) {
        self.address = address
        var entries = ForwardedEntries(family, in: fields, bytes)
        var index = 0
        while true {
            switch entries.next(in: fields, bytes) {
            case .entry(let entry):
                // A proxy that doesn't tell who called it leaves the last address that is known.
                if let node = entry.node {
                    self.address = node.endpoint
                    isNamed = true
                }
                element = entry.element
                position = index
                guard policy.passes(entry.node, at: index) else { return }
                index += 1
            case .end:
                isLongEnough = policy.hops == nil
                return
            case .malformed(let reason):
                problem = reason
                self.address = nil
                isNamed = true
                return
            }
        }
    }
}
