/// The users or groups that this process's user namespace has numbers of its own for (user_namespaces(7)).
struct IdentityMap {
    /// What the kernel shows for all others.
    static let overflow: UInt32 = 65534

    private let ranges: [ClosedRange<UInt32>]

    /// - Parameter file: `uid_map` or `gid_map`. Where it can't be read there are no namespaces.
    init(ofProcess file: String) {
        self.init(SocketHolder.read("/proc/self/\(file)") ?? "0 0 4294967295")
    }

    /// - Parameter text: lines with the first number within the namespace, the first outside of it, and how many there are.
    init(_ text: String) {
        ranges = text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            guard numbers.count == 3, numbers[2] > 0 else { return nil }
            let (last, overflow) = numbers[0].addingReportingOverflow(numbers[2] - 1)
            return overflow ? nil : numbers[0]...last
        }
    }

    /// Whether a process that has this number is the one whom it belongs to, and not just somebody from outside.
    func tellsApart(_ number: UInt32) -> Bool {
        guard ranges.contains(where: { $0.contains(number) }) else { return false }
        return number != Self.overflow || ranges.contains { $0 == 0...UInt32.max - 1 }
    }
}
