internal import Glibc
internal import HTTPWire
internal import Logging

extension LogLine {
    /// The keys that an entry has of itself; a field of the same name has a `_` behind its own.
    private static let ownKeys: Set<String> = ["time", "level", "message", "msg", "logger"]

    /// One JSON object (RFC 8259): `time`, `level`, `message`, `logger` and the fields, numbers as numbers.
    func json(label: String, at time: timespec) -> String {
        var buffer = WireBuffer()
        buffer.append("{\"time\":\"")
        buffer.append(text: Self.timestamp(time))
        buffer.append("\",\"level\":\"")
        buffer.append(text: level.rawValue)
        buffer.append("\",\"message\":")
        buffer.append(json: message)
        buffer.append(",\"logger\":")
        buffer.append(json: label)
        for field in fields {
            buffer.append(",")
            buffer.append(json: Self.ownKeys.contains(field.name) ? field.name + "_" : field.name)
            buffer.append(":")
            buffer.append(json: field.value)
        }
        buffer.append("}")
        return buffer.text
    }

    /// `time=… level=error logger=roost msg="…" key=value`.
    func logfmt(label: String, at time: timespec) -> String {
        var text = "time=\(Self.timestamp(time)) level=\(level.rawValue) logger=\(Self.value(label)) msg=\(Self.value(message))"
        for field in fields {
            let name = Self.ownKeys.contains(field.name) ? field.name + "_" : field.name
            text += " \(Self.logfmtKey(name))=\(Self.value(field.value.description))"
        }
        return text
    }

    /// Readers know no quotation marks around keys.
    private static func logfmtKey(_ name: String) -> String {
        guard !name.isEmpty else { return "_" }
        let bytes = name.utf8.map { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"") ? byte : UInt8(ascii: "_")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension WireBuffer {
    fileprivate mutating func append(text: String) {
        append(text.utf8.span)
    }

    fileprivate mutating func append(json value: Logger.MetadataValue) {
        switch value {
        case .string(let text): append(json: text)
        case .stringConvertible(let value):
            switch value {
            case let number as any BinaryInteger: append(text: "\(number)")
            case let number as Double where number.isFinite: append(text: "\(number)")
            case let isTrue as Bool: append(text: isTrue ? "true" : "false")
            default: append(json: "\(value)")
            }
        case .array(let values):
            append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { append(",") }
                append(json: value)
            }
            append("]")
        case .dictionary(let values):
            append("{")
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { append(",") }
                append(json: key)
                append(":")
                append(json: value)
            }
            append("}")
        }
    }

    /// The bytes as text; they are UTF-8.
    fileprivate var text: String { withUnsafeReadableBytes { String(decoding: $0, as: UTF8.self) } }
}
