import Synchronization

/// What clients have proved themselves with, for those that resume their session (RFC 8446 section 2.2): they send it no more, and NIOSSL then knows the first
/// certificate only.
final class ClientChains: Sendable {
    /// Clients beyond that lose what is behind their own certificate when they resume.
    private static let capacity = 256

    private struct State {
        var chains: [[UInt8]: [[UInt8]]] = [:]
        /// Their first certificates, in the order in which they came, from `oldest` on and around.
        var order: [[UInt8]] = []
        var oldest = 0
    }

    private let state = Mutex(State())

    /// Keeps a chain that was verified, in DER; a certificate that is alone needs none.
    func keep(_ chain: [[UInt8]]) {
        guard let first = chain.first, chain.count > 1 else { return }
        state.withLock { state in
            guard state.chains.updateValue(chain, forKey: first) == nil else { return }
            guard state.order.count == Self.capacity else { return state.order.append(first) }
            state.chains[state.order[state.oldest]] = nil
            state.order[state.oldest] = first
            state.oldest = (state.oldest + 1) % Self.capacity
        }
    }

    /// The chain that began with this certificate; the certificate alone if there was none, or none that is known any more.
    func chain(from first: [UInt8]) -> [[UInt8]] { state.withLock { $0.chains[first] } ?? [first] }
}
