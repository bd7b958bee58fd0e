import CoreMetrics
package import Logging
import Synchronization

/// The certificates of a server, which can be read anew while it runs. One for all loops.
package final class TLSContexts: Sendable {
    /// How TLS is spoken.
    package let config: TLSConfig
    let handshakeTimeout: Nanoseconds?
    private let current: Mutex<TLSIdentities>
    private let metrics = Mutex<(any MetricsFactory)?>(nil)

    /// Reads and checks every file.
    ///
    /// - Parameter logger: Gets a warning for each thing that works and yet is not as it should be.
    /// - Throws: `ConfigError`, which names the setting and the file, and says what is wrong.
    package init(_ config: TLSConfig, logger: Logger) throws(ConfigError) {
        self.config = config
        handshakeTimeout = config.handshakeTimeout.map(Nanoseconds.init)
        let loaded = try TLSLoader(config).load()
        current = Mutex(loaded.identities)
        for warning in loaded.warnings { logger.warning("\(warning)") }
    }

    /// Reads every file anew. Connections that begin from now on get what is there; those under way keep what they have.
    ///
    /// - Throws: As `init` does; then everything remains as it was.
    package func reload(logger: Logger) throws(ConfigError) {
        let loaded = try TLSLoader(config).load()
        current.withLock { $0 = loaded.identities }
        for warning in loaded.warnings { logger.warning("\(warning)") }
        report()
    }

    /// Has the ends of the certificates shown as metrics, now and when others are read.
    func report(to factory: (any MetricsFactory)?) {
        metrics.withLock { $0 = factory }
        report()
    }

    private func report() {
        guard let factory = metrics.withLock(\.self) else { return }
        for facts in certificates {
            Meter(label: MetricName.certificateExpiry, dimensions: [("certfile", facts.file), ("subject", facts.subject)], factory: factory)
                .set(Double(facts.notAfter))
        }
    }

    /// What is known of the certificates, in their order.
    package var certificates: [CertificateFacts] { current.withLock { $0.all.map(\.facts) } }

    /// TLS for a connection that begins now.
    func makeHandler() -> TLSServerHandler { TLSServerHandler(current.withLock(\.self)) }
}
