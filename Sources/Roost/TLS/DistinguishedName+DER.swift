extension DistinguishedName {
    /// A name as text (RFC 4514): its parts from the last to the first, with commas between them.
    static func text(_ name: DERReader.Element) -> String {
        var parts = name.parts
        var texts: [String] = []
        while let part = parts.next(DERReader.Tag.set) {
            var attributes = part.parts
            var assignments: [String] = []
            while let attribute = attributes.next(DERReader.Tag.sequence) { assignments.append(assignment(attribute)) }
            texts.append(assignments.joined(separator: "+"))
        }
        return texts.reversed().joined(separator: ",")
    }

    /// The most specific common name in it.
    static func commonName(_ name: DERReader.Element) -> String? {
        var parts = name.parts
        var found: String?
        while let part = parts.next(DERReader.Tag.set) {
            var attributes = part.parts
            while let attribute = attributes.next(DERReader.Tag.sequence) {
                var pair = attribute.parts
                guard let identifier = pair.next(), identifier.content.elementsEqual(commonNameIdentifier), let value = pair.next() else { continue }
                found = string(value) ?? found
            }
        }
        return found
    }

    private static let commonNameIdentifier: [UInt8] = [0x55, 0x04, 0x03]

    private static func assignment(_ attribute: DERReader.Element) -> String {
        var pair = attribute.parts
        guard let identifier = pair.next(DERReader.Tag.objectIdentifier), let value = pair.next() else { return "" }
        guard let keyword = keywords[Array(identifier.content)] else { return dotted(identifier.content) + "=" + hexadecimal(value) }
        return keyword + "=" + (string(value).map(escaped) ?? hexadecimal(value))
    }

    /// Those that RFC 4514 has in section 3, and those that are met besides.
    private static let keywords: [[UInt8]: String] = [
        [0x55, 0x04, 0x03]: "CN",
        [0x55, 0x04, 0x06]: "C",
        [0x55, 0x04, 0x07]: "L",
        [0x55, 0x04, 0x08]: "ST",
        [0x55, 0x04, 0x09]: "STREET",
        [0x55, 0x04, 0x0A]: "O",
        [0x55, 0x04, 0x0B]: "OU",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x01]: "UID",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19]: "DC",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01]: "emailAddress",
        [0x55, 0x04, 0x05]: "serialNumber",
    ]

    private static func string(_ value: DERReader.Element) -> String? {
        switch value.tag {
        case DERReader.Tag.utf8String, DERReader.Tag.printableString, DERReader.Tag.ia5String: String(validating: value.content, as: UTF8.self)
        // In theory another alphabet; in certificates, Latin 1.
        case DERReader.Tag.teletexString: String(String.UnicodeScalarView(value.content.map { Unicode.Scalar($0) }))
        case DERReader.Tag.bmpString: text(units(of: value.content, width: 2))
        case DERReader.Tag.universalString: text(units(of: value.content, width: 4))
        default: nil
        }
    }

    private static func units(of content: ArraySlice<UInt8>, width: Int) -> [UInt32]? {
        guard content.count.isMultiple(of: width) else { return nil }
        return stride(from: content.startIndex, to: content.endIndex, by: width).map { start in
            content[start..<(start + width)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    private static func text(_ units: [UInt32]?) -> String? {
        guard let units else { return nil }
        var text = ""
        for unit in units {
            guard let scalar = Unicode.Scalar(unit) else { return nil }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    /// X.690 section 8.19.
    private static func dotted(_ identifier: ArraySlice<UInt8>) -> String {
        var arcs: [UInt] = []
        var arc: UInt = 0
        for byte in identifier {
            // Nobody has given out numbers like that.
            guard arc <= UInt.max >> 8 else { return "0.0" }
            arc = arc << 7 | UInt(byte & 0x7F)
            guard byte < 0x80 else { continue }
            if arcs.isEmpty {
                let first = min(arc / 40, 2)
                arcs = [first, arc - first * 40]
            } else {
                arcs.append(arc)
            }
            arc = 0
        }
        return arcs.map(String.init).joined(separator: ".")
    }

    /// Section 2.4: the whole encoding.
    private static func hexadecimal(_ value: DERReader.Element) -> String {
        "#" + value.whole.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
