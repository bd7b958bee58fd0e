/// An IP address of one family, and a port.
public struct IPEndpoint<Address: Hashable & Sendable>: Sendable, Hashable {
    public var address: Address
    public var port: UInt16

    public init(_ address: Address, port: UInt16) {
        self.address = address
        self.port = port
    }
}
