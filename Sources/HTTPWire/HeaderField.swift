/// One header or trailer field.
public struct HeaderField: Sendable, Hashable {
    /// The field's name. In a request it is in lower case, as ASGI wants it; in a response it is sent as it is given.
    public var name: String
    /// The field's value without the white space around it. Its scalars U+0000 to U+00FF stand for one byte each (ISO 8859-1).
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
