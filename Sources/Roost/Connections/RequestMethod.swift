import HTTPWire

/// A request's method as metrics know it: those of RFC 9110 section 9 and RFC 5789. All others are one, since clients can make up as many as they like.
enum RequestMethod: Int, CaseIterable {
    case get, head, post, put, delete, patch, options, trace, other

    init(_ head: RequestHead) {
        let slice = head.bytes
        let bytes = slice[head.methodRange]
        let candidate: RequestMethod = switch bytes.first {
        case UInt8(ascii: "G"): .get
        case UInt8(ascii: "P"): bytes.count == 3 ? .put : bytes.count == 4 ? .post : .patch
        case UInt8(ascii: "H"): .head
        case UInt8(ascii: "D"): .delete
        case UInt8(ascii: "O"): .options
        case UInt8(ascii: "T"): .trace
        default: .other
        }
        self = candidate != .other && bytes.elementsEqual(candidate.text.utf8) ? candidate : .other
    }

    var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .other: "other"
        }
    }
}
