import Testing

@testable import Roost

@Suite("Who sent a request")
struct ResolverTests {
    @Test("depends on who sent it to us: forwarded fields count from whom they may come", arguments: ResolverCases.trust)
    func senderOfUs(_ test: ResolverCase) throws { try test.check() }

    @Test("is the right-most address in X-Forwarded-For that is not ours", arguments: ResolverCases.senders)
    func sender(_ test: ResolverCase) throws { try test.check() }

    @Test("is the N-th address from the right where N proxies are said to be", arguments: ResolverCases.hopCounts)
    func hops(_ test: ResolverCase) throws { try test.check() }

    @Test("is told by Forwarded the same way", arguments: ResolverCases.forwarded)
    func oneField(_ test: ResolverCase) throws { try test.check() }

    @Test("comes with the scheme, host, port and prefix that the client asked for", arguments: ResolverCases.origins)
    func origin(_ test: ResolverCase) throws { try test.check() }
}
