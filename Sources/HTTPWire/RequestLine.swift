/// Where the parts of a request line are (RFC 9112 section 3), and what they mean. Offsets are from the first byte of the head.
@usableFromInline
struct RequestLine: Sendable {
    @usableFromInline var methodStart: UInt16 = 0
    /// The target begins one byte later.
    @usableFromInline var methodEnd: UInt16 = 0
    @usableFromInline var targetEnd: UInt16 = 0
    @usableFromInline var pathStart: UInt16 = 0
    /// If the target goes on, it does so with `?`.
    @usableFromInline var pathEnd: UInt16 = 0
    /// Of the absolute form; empty otherwise.
    var authorityStart: UInt16 = 0
    var authorityEnd: UInt16 = 0
    @usableFromInline var form = RequestHead.TargetForm.origin
    var isHTTP11 = true
    var isHead = false
    var pathIsEscaped = false

    var authority: Range<Int> { Int(authorityStart)..<Int(authorityEnd) }

    /// No method in use is longer; a longer one is answered with 501 (RFC 9112 section 3).
    private static let longestMethod = 32

    /// Parses the line that begins at `start`; returns the offset of the next line, or nil if `end` comes before the line's.
    mutating func parse(_ bytes: RawSpan, from start: Int, to end: Int) throws(Fault) -> Int? {
        self = RequestLine()
        var offset = start
        while offset < end, ByteSet.token.contains(bytes.byte(at: offset)) {
            offset &+= 1
            if offset &- start > Self.longestMethod { throw .unsupported("the method is longer than any that is implemented") }
        }
        guard offset < end else { return nil }
        guard bytes.byte(at: offset) == 0x20, offset > start else { throw .malformed("the request does not begin with a method and a space") }
        methodStart = UInt16(truncatingIfNeeded: start)
        methodEnd = UInt16(truncatingIfNeeded: offset)
        offset &+= 1

        guard offset < end else { return nil }
        if bytes.byte(at: offset) == 0x2F {
            guard let next = try parsePathAndQuery(bytes, from: offset, to: end) else { return nil }
            offset = next
        } else {
            offset = bytes.endOfPlainTarget(from: offset, to: end)
            while offset < end, bytes.byte(at: offset) == 0x25 || bytes.byte(at: offset) == 0x3F {
                offset = bytes.endOfPlainTarget(from: offset &+ 1, to: end)
            }
            guard offset < end else { return nil }
        }
        guard bytes.byte(at: offset) == 0x20 else { throw .malformed("the target holds a byte that no target can hold") }
        guard offset > Int(methodEnd) + 1 else { throw .malformed("there is no target one space after the method") }
        targetEnd = UInt16(truncatingIfNeeded: offset)
        offset &+= 1

        let isOrigin = bytes.byte(at: Int(methodEnd) + 1) == 0x2F
        guard let next = try parseVersion(bytes, from: offset, to: end) else { return nil }
        // The word is "HEAD".
        isHead = methodEnd &- methodStart == 4 && bytes.halfWord(at: start) == 0x4441_4548
        if isOrigin {
            if methodEnd &- methodStart == 7, bytes.equals("CONNECT", exactlyFrom: start) {
                throw .malformed("the target of CONNECT is not an authority")
            }
        } else {
            try interpretOtherTarget(bytes)
        }
        return next
    }

    /// Finds the path and the query of a target from its path on; returns the offset of the byte that ends it, or nil if there is none yet.
    @inline(__always)
    private mutating func parsePathAndQuery(_ bytes: RawSpan, from start: Int, to end: Int) throws(Fault) -> Int? {
        pathStart = UInt16(truncatingIfNeeded: start)
        pathIsEscaped = false
        var offset = start
        while true {
            offset = bytes.endOfPlainTarget(from: offset, to: end)
            guard offset < end else { return nil }
            guard bytes.byte(at: offset) == 0x25 else { break }
            pathIsEscaped = true
            guard offset &+ 1 < end else { return nil }
            guard let high = bytes.byte(at: offset &+ 1).hexadecimalValue else { throw .badEscape }
            guard offset &+ 2 < end else { return nil }
            guard let low = bytes.byte(at: offset &+ 2).hexadecimalValue else { throw .badEscape }
            if high | low == 0 { throw .malformed("the path holds %00") }
            offset &+= 3
        }
        pathEnd = UInt16(truncatingIfNeeded: offset)
        while bytes.byte(at: offset) == 0x3F || bytes.byte(at: offset) == 0x25 {
            offset = bytes.endOfPlainTarget(from: offset &+ 1, to: end)
            guard offset < end else { return nil }
        }
        return offset
    }

    @inline(__always)
    private mutating func parseVersion(_ bytes: RawSpan, from start: Int, to end: Int) throws(Fault) -> Int? {
        // The word is "HTTP/1.1".
        if end &- start >= 10, bytes.word(at: start) == 0x312E_312F_5054_5448,
            bytes.byte(at: start &+ 8) == 0x0D, bytes.byte(at: start &+ 9) == 0x0A
        {
            isHTTP11 = true
            return start &+ 10
        }
        return try parseOtherVersion(bytes, from: start, to: end)
    }

    /// Parses a version that is not `HTTP/1.1`, or not there yet, with the line's end; returns the offset of the next line.
    private mutating func parseOtherVersion(_ bytes: RawSpan, from start: Int, to end: Int) throws(Fault) -> Int? {
        var offset = start
        for expected in "HTTP/".utf8 {
            guard offset < end else { return nil }
            guard bytes.byte(at: offset) == expected else { throw .malformed("the request line does not end in a space and HTTP/ with a version") }
            offset += 1
        }
        guard offset < end else { return nil }
        let major = bytes.byte(at: offset) &- 0x30
        guard major < 10 else { throw .malformed("the version is not a digit, a point and a digit") }
        offset += 1
        guard offset < end else { return nil }
        var minor: UInt8 = 0
        // Versions from 2 on have no minor number; one who writes them here is told that they are not spoken here.
        if bytes.byte(at: offset) != 0x0D || major < 2 {
            guard bytes.byte(at: offset) == 0x2E else { throw .malformed("the version is not a digit, a point and a digit") }
            offset += 1
            guard offset < end else { return nil }
            minor = bytes.byte(at: offset) &- 0x30
            guard minor < 10 else { throw .malformed("the version is not a digit, a point and a digit") }
            offset += 1
            guard offset < end else { return nil }
        }
        guard bytes.byte(at: offset) == 0x0D else { throw .malformed("the version does not end the request line") }
        offset += 1
        guard offset < end else { return nil }
        guard bytes.byte(at: offset) == 0x0A else { throw .malformed("a CR has no LF behind it") }
        guard major == 1 else { throw Fault(status: 505, reason: "the version is neither HTTP/1.0 nor HTTP/1.1") }
        isHTTP11 = minor > 0
        return offset + 1
    }

    /// Decides about a target that does not begin with a slash, in a line that is otherwise right.
    private mutating func interpretOtherTarget(_ bytes: RawSpan) throws(Fault) {
        let (start, end) = (Int(methodEnd) + 1, Int(targetEnd))
        if methodEnd - methodStart == 7, bytes.equals("CONNECT", exactlyFrom: Int(methodStart)) {
            guard HostSyntax.isValid(bytes, start..<end), !bytes.contains(0x3F, in: start..<end) else {
                throw .malformed("the target of CONNECT is not an authority")
            }
            throw .unsupported("CONNECT is for proxies")
        }
        if end - start == 1, bytes.byte(at: start) == 0x2A {
            guard methodEnd - methodStart == 7, bytes.equals("OPTIONS", exactlyFrom: Int(methodStart)) else {
                throw .malformed("the target * is for OPTIONS only")
            }
            form = .asterisk
            pathStart = UInt16(truncatingIfNeeded: start)
            pathEnd = targetEnd
            return
        }
        let scheme: Int
        if end - start > 7, bytes.equals("http://", in: start..<start + 7) {
            scheme = 7
        } else if end - start > 8, bytes.equals("https://", in: start..<start + 8) {
            scheme = 8
        } else {
            throw .malformed("the target is neither a path nor an http or https URI")
        }
        form = .absolute
        let authority = start + scheme
        var offset = authority
        while offset < end, bytes.byte(at: offset) != 0x2F, bytes.byte(at: offset) != 0x3F { offset += 1 }
        guard HostSyntax.isValid(bytes, authority..<offset) else { throw .malformed("the authority in the target is not a host and a port") }
        authorityStart = UInt16(truncatingIfNeeded: authority)
        authorityEnd = UInt16(truncatingIfNeeded: offset)
        // The space that ends the target is still there to end it again.
        guard try parsePathAndQuery(bytes, from: offset, to: end + 1) == end else {
            throw .malformed("the target holds a byte that no target can hold")
        }
    }
}

extension Fault {
    fileprivate static var badEscape: Fault { .malformed("a % in the path has no two hexadecimal digits behind it") }
}

extension RawSpan {
    /// Whether `text` is what begins at `start`.
    fileprivate func equals(_ text: String, exactlyFrom start: Int) -> Bool {
        var offset = start
        for expected in text.utf8 {
            guard byte(at: offset) == expected else { return false }
            offset &+= 1
        }
        return true
    }

    fileprivate func contains(_ value: UInt8, in range: Range<Int>) -> Bool {
        range.contains { byte(at: $0) == value }
    }
}
