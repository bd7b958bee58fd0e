/// The header fields whose names mean something to this module.
enum KnownField {
    case other
    case authorization, connection, contentLength, contentType, date, expect, forwardedFor, host, keepAlive, proxyConnection, requestID, requestStart
    case server, te, trailer, traceParent, transferEncoding, upgrade

    /// Tells which field a name is, in any case, by its length and then a few words of it.
    ///
    /// The name must have been found to be a token: then setting bit 5 makes a letter or a dash of nothing else, so that it can stand for lower case.
    @inline(__always)
    init(_ bytes: RawSpan, at start: Int, length: Int) {
        switch length {
        case 2:
            self = (bytes.byte(at: start) | 0x20) == 0x74 && (bytes.byte(at: start &+ 1) | 0x20) == 0x65 ? .te : .other
        case 4:
            let first = bytes.halfWord(at: start) | 0x2020_2020
            if first == 0x6574_6164 {
                self = .date
            } else if first == 0x7473_6F68 {
                self = .host
            } else {
                self = .other
            }
        case 6:
            let first = bytes.halfWord(at: start) | 0x2020_2020
            let last = bytes.halfWord(at: start &+ 2) | 0x2020_2020
            if first == 0x6570_7865, last == 0x7463_6570 {
                self = .expect
            } else if first == 0x7672_6573, last == 0x7265_7672 {
                self = .server
            } else {
                self = .other
            }
        case 7:
            let first = bytes.halfWord(at: start) | 0x2020_2020
            let last = bytes.halfWord(at: start &+ 3) | 0x2020_2020
            if first == 0x7267_7075, last == 0x6564_6172 {
                self = .upgrade
            } else if first == 0x6961_7274, last == 0x7265_6C69 {
                self = .trailer
            } else {
                self = .other
            }
        case 10:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 2) | .all(0x20)
            if first == 0x6974_6365_6E6E_6F63, last == 0x6E6F_6974_6365_6E6E {
                self = .connection
            } else if first == 0x696C_612D_7065_656B, last == 0x6576_696C_612D_7065 {
                self = .keepAlive
            } else {
                self = .other
            }
        case 11:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 3) | .all(0x20)
            self = first == 0x7261_7065_6361_7274 && last == 0x746E_6572_6170_6563 ? .traceParent : .other
        case 12:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 4) | .all(0x20)
            if first == 0x2D74_6E65_746E_6F63, last == 0x6570_7974_2D74_6E65 {
                self = .contentType
            } else if first == 0x7365_7571_6572_2D78, last == 0x6469_2D74_7365_7571 {
                self = .requestID
            } else {
                self = .other
            }
        case 13:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 5) | .all(0x20)
            self = first == 0x7A69_726F_6874_7561 && last == 0x6E6F_6974_617A_6972 ? .authorization : .other
        case 14:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 6) | .all(0x20)
            self = first == 0x2D74_6E65_746E_6F63 && last == 0x6874_676E_656C_2D74 ? .contentLength : .other
        case 15:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 7) | .all(0x20)
            if first == 0x7261_7772_6F66_2D78, last == 0x726F_662D_6465_6472 {
                self = .forwardedFor
            } else if first == 0x7365_7571_6572_2D78, last == 0x7472_6174_732D_7473 {
                self = .requestStart
            } else {
                self = .other
            }
        case 16:
            let first = bytes.word(at: start) | .all(0x20)
            let last = bytes.word(at: start &+ 8) | .all(0x20)
            self = first == 0x6F63_2D79_786F_7270 && last == 0x6E6F_6974_6365_6E6E ? .proxyConnection : .other
        case 17:
            let first = bytes.word(at: start) | .all(0x20)
            let middle = bytes.word(at: start &+ 8) | .all(0x20)
            let last = bytes.word(at: start &+ 9) | .all(0x20)
            self = first == 0x7265_6673_6E61_7274 && middle == 0x6E69_646F_636E_652D && last == 0x676E_6964_6F63_6E65 ? .transferEncoding : .other
        default:
            self = .other
        }
    }
}
