/// Header or trailer fields in their order; names may repeat and compare in any case.
///
/// Those of a received request refer to the received bytes, and strings are made as fields are asked for; the first change turns them into a list.
public struct Headers: Sendable {
    @usableFromInline
    enum Storage: Sendable {
        case list([HeaderField])
        case block(FieldBlock)
    }

    @usableFromInline var storage: Storage

    @inlinable
    init(storage: Storage) {
        self.storage = storage
    }

    /// No fields.
    @inlinable
    public init() {
        storage = .list([])
    }

    /// These fields, in this order.
    @inlinable
    public init(_ fields: some Sequence<HeaderField>) {
        storage = .list(Array(fields))
    }

    /// The value of the first field with this name; nil if there is none.
    public subscript(name: String) -> String? {
        switch storage {
        case .list(let fields):
            fields.first { $0.name.equalsIgnoringCase(name) }?.value
        case .block(let block):
            block.firstIndex(ofField: name).map { block.field(at: $0).value }
        }
    }

    /// The values of all fields with this name, in their order.
    public func values(for name: String) -> [String] {
        switch storage {
        case .list(let fields):
            return fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
        case .block(let block):
            var values: [String] = []
            var start = 0
            while let index = block.firstIndex(ofField: name, from: start) {
                values.append(block.field(at: index).value)
                start = index + 1
            }
            return values
        }
    }

    /// Whether there is a field with this name.
    public func contains(name: String) -> Bool {
        switch storage {
        case .list(let fields): fields.contains { $0.name.equalsIgnoringCase(name) }
        case .block(let block): block.firstIndex(ofField: name) != nil
        }
    }

    /// Adds a field at the end.
    public mutating func append(name: String, value: String) {
        append(HeaderField(name: name, value: value))
    }

    /// Adds a field at the end.
    public mutating func append(_ field: HeaderField) {
        changeList { $0.append(field) }
    }

    /// Sets the first field with this name to `value` and removes the others; adds one at the end if there is none.
    public mutating func replaceOrAdd(name: String, value: String) {
        changeList { fields in
            guard let first = fields.firstIndex(where: { $0.name.equalsIgnoringCase(name) }) else {
                return fields.append(HeaderField(name: name, value: value))
            }
            fields[first].value = value
            var index = 0
            fields.removeAll { field in
                defer { index += 1 }
                return index > first && field.name.equalsIgnoringCase(name)
            }
        }
    }

    /// Removes all fields with this name.
    public mutating func remove(name: String) {
        changeList { $0.removeAll { $0.name.equalsIgnoringCase(name) } }
    }

    private mutating func changeList(_ change: (inout [HeaderField]) -> Void) {
        var fields: [HeaderField]
        switch storage {
        case .list(let list):
            fields = list
            // The list must have one owner, or the change would copy it.
            storage = .list([])
        case .block:
            fields = Array(self)
        }
        change(&fields)
        storage = .list(fields)
    }
}

extension Headers: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }

    @inlinable public var endIndex: Int {
        switch storage {
        case .list(let fields): fields.count
        case .block(let block): block.count
        }
    }

    public subscript(position: Int) -> HeaderField {
        switch storage {
        case .list(let fields): fields[position]
        case .block(let block): block.field(at: position)
        }
    }
}

extension Headers: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    @inlinable
    public init(dictionaryLiteral elements: (String, String)...) {
        storage = .list(elements.map { HeaderField(name: $0.0, value: $0.1) })
    }

    @inlinable
    public init(arrayLiteral elements: HeaderField...) {
        storage = .list(elements)
    }
}

/// Equal are the same fields in the same order; names compare in any case.
extension Headers: Equatable {
    public static func == (one: Headers, other: Headers) -> Bool {
        one.count == other.count
            && zip(one, other).allSatisfy { $0.value == $1.value && $0.name.equalsIgnoringCase($1.name) }
    }
}

extension Headers: CustomStringConvertible {
    /// `name: value, name: value`, for debugging.
    public var description: String {
        map { "\($0.name): \($0.value)" }.joined(separator: ", ")
    }
}

extension String {
    /// Whether two strings differ at most in the case of ASCII letters.
    func equalsIgnoringCase(_ other: String) -> Bool {
        let (one, other) = (utf8, other.utf8)
        return one.count == other.count && zip(one, other).allSatisfy { $0 == $1 || $0.lowercased == $1.lowercased }
    }
}
