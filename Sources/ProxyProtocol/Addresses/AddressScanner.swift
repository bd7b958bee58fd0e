/// Reads an address's text byte by byte.
protocol AddressScanner {
    associatedtype Address

    /// Whether the text may go on with this byte; after false nothing more is to be given.
    mutating func accept(_ byte: UInt8) -> Bool

    /// The address, if the text so far is a whole one.
    var address: Address? { get }
}
