/// How parts of an X.500 name are written as text (RFC 4514).
enum DistinguishedName {
    /// An attribute's value, escaped so that it can't be taken for another attribute (section 2.4).
    ///
    /// Control characters, which the RFC would let pass, are escaped too: names end up in logs.
    static func escaped(_ value: String) -> String {
        let scalars = Array(value.unicodeScalars)
        var text = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\"", "+", ",", ";", "<", ">", "\\":
                text += "\\"
                text.unicodeScalars.append(scalar)
            case " " where index == 0 || index == scalars.count - 1, "#" where index == 0:
                text += "\\"
                text.unicodeScalars.append(scalar)
            case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}":
                for byte in String(scalar).utf8 { text += (byte < 16 ? "\\0" : "\\") + String(byte, radix: 16, uppercase: true) }
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
