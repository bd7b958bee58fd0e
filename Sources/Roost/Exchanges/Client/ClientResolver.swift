import HTTPWire

/// What became of the question who sent a request.
struct Resolution: Sendable, Hashable {
    var client: Client
    /// Which field was malformed and what was expected, in one line without anything that came from a peer; nil if nothing was.
    var problem: String?
}

/// The one place that decides who sent a request, from what is known of its connection and from forwarded fields, if these can be believed.
enum ClientResolver {
    /// - Parameters:
    ///   - connection: the client as far as the connection tells, its PROXY header included.
    ///   - hop: who sent the request to us, or to the proxy that wrote the PROXY header.
    static func resolve(_ connection: Client, from hop: Hop, _ head: RequestHead, _ policy: ForwardedPolicy) -> Resolution {
        var resolution = Resolution(client: connection)
        guard let family = policy.family, policy.trusts(hop) else { return resolution }
        let slice = head.bytes
        let bytes = slice.span
        let fields = ForwardedFields(head, bytes)
        guard fields.has(family) || policy.hops != nil else { return resolution }
        if fields.has(family.other), fields.has(family) { resolution.client.hiddenFields = family.other }

        let namesSenders = policy.believes(family == .forwarded ? .forwarded : .xForwardedFor)
        var position = max(policy.hops ?? 1, 1) - 1
        var element: ForwardedElement?
        if namesSenders {
            let walk = ForwardedWalk(family, in: fields, bytes, from: connection.address, policy)
            guard walk.isLongEnough else {
                // Without any entry there was no proxy: a check of the service's own, as a rule.
                guard walk.isNamed else { return resolution }
                resolution.problem = "\(family == .forwarded ? "forwarded" : "x-forwarded-for") has fewer entries than forwarded_hops says that there are proxies"
                return resolution
            }
            resolution.client.address = walk.address
            resolution.client.isForwarded = walk.isNamed
            resolution.problem = walk.problem
            position = walk.position
            element = walk.element
        }

        // What is known of the connection's own TLS is the nearest proxy's, not the client's.
        if resolution.client.isForwarded { resolution.client.scheme = .http }
        var told = family == .forwarded ? ToldOrigin(element) : ToldOrigin(fields, at: position, bytes, policy)
        told.apply(to: &resolution.client, head, bytes)
        resolution.problem = resolution.problem ?? told.problem
        return resolution
    }
}
