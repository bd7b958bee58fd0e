/// Takes one field after another off the front of a message's payload.
struct PayloadReader {
    private var rest: ArraySlice<UInt8>

    init(_ payload: ArraySlice<UInt8>) {
        rest = payload
    }

    var isEmpty: Bool { rest.isEmpty }

    /// A number of `size` bytes, the highest first, which must be in `range`.
    ///
    /// - Parameter name: What the number is, for the error.
    mutating func number(_ name: String, size: Int, in range: ClosedRange<Int>) throws(MalformedWorkerMessage) -> Int {
        let bits = try take(size, name).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: bits), range.contains(number) else {
            throw MalformedWorkerMessage("\(name) is \(bits), not \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Text of `length` bytes, or all that is left.
    mutating func text(_ name: String, length: Int? = nil) throws(MalformedWorkerMessage) -> String {
        let bytes = try take(length ?? rest.count, name)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw MalformedWorkerMessage("\(name) is not UTF-8") }
        return text
    }

    /// All that is left.
    mutating func remainder() -> ArraySlice<UInt8> {
        defer { rest = [] }
        return rest
    }

    /// Nothing may be left.
    func end() throws(MalformedWorkerMessage) {
        guard rest.isEmpty else { throw MalformedWorkerMessage("\(rest.count) bytes are left over at its end") }
    }

    private mutating func take(_ count: Int, _ name: String) throws(MalformedWorkerMessage) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw MalformedWorkerMessage("\(rest.count) bytes are left for \(name), which has \(count)") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
