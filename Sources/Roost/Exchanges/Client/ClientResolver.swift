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
        let fields = ForwardedFields(head)
        guard fields.has(family) || policy.hops != nil else { return resolution }
        if fields.has(family.other), fields.has(family) { resolution.client.hiddenFields = family.other }

        let namesSenders = policy.believes(family == .forwarded ? .forwarded : .xForwardedFor)
        var position = max(policy.hops ?? 1, 1) - 1
        var element: ForwardedElement?
        if namesSenders {
            let walk = ForwardedWalk(ForwardedEntries(family, in: fields), from: connection.address, policy)
            guard walk.isLongEnough else {
                resolution.problem = "\(family == .forwarded ? "forwarded" : "x-forwarded-for") has fewer entries than forwarded_hops says that there are proxies"
                return resolution
            }
            resolution.client.address = walk.address
            resolution.problem = walk.problem
            position = walk.position
            element = walk.element
        }

        // What is known of the connection's own TLS is the nearest proxy's, not the client's.
        if resolution.client.address != connection.address { resolution.client.scheme = .http }
        var told = family == .forwarded ? ToldOrigin(element) : ToldOrigin(fields, at: position, policy)
        told.apply(to: &resolution.client, head)
        resolution.problem = resolution.problem ?? told.problem
        return resolution
    }
}
