import CLinux
import HTTPWire
import NIOCore

/// What a connection has yet to write: small pieces gathered in one buffer, then perhaps one large body that is not copied, then what frames its end;
/// or, behind the small pieces, a file, and whatever comes behind that.
struct OutputQueue: ~Copyable {
    /// Bodies of up to this many bytes are copied behind what is there; larger ones are written from where they are.
    static let copyLimit = 16 << 10

    var gathered = WireBuffer()
    private var large = ByteBuffer()
    private var trailer: StaticString = ""
    private var trailerSent = 0
    /// Comes between `gathered` and `trailer`.
    private(set) var file: FilePart?
    /// How many bytes come behind `gathered`, but for `later`.
    private var countBehind = 0
    /// What comes behind the file and its trailer; empty without a file.
    private var later: [Later] = []
    private var countLater = 0

    private enum Later {
        case bytes(ByteBuffer)
        case file(FilePart, trailer: StaticString)
    }

    var count: Int { gathered.readableBytes + countBehind + countLater }
    var isEmpty: Bool { gathered.readableBytes == 0 && countBehind == 0 }

    /// Whether there is something, and it is all in `gathered` and at most `limit` bytes.
    @inline(__always)
    func isPiece(upTo limit: Int) -> Bool {
        countBehind == 0 && gathered.readableBytes > 0 && gathered.readableBytes <= limit
    }

    /// Puts bytes before all that is there.
    mutating func putBack(_ bytes: [UInt8]) {
        var first = WireBuffer()
        first.append(bytes)
        gathered.withUnsafeReadableBytes { first.append($0.bindMemory(to: UInt8.self).span) }
        gathered = first
    }

    /// Makes `gathered` the end of the queue, so that it may be appended to; a file stays where it is.
    mutating func gather() {
        guard countBehind > 0, file == nil else { return }
        let (body, trailer, sent) = (large, self.trailer, trailerSent)
        gathered.append(body.readableBytesUInt8Span)
        trailer.withUTF8Buffer { bytes in
            gathered.append(UnsafeBufferPointer(rebasing: bytes[sent...]).span)
        }
        large = ByteBuffer()
        self.trailer = ""
        trailerSent = 0
        countBehind = 0
    }

    /// Appends `body`, and behind it `trailer`.
    mutating func append(_ body: ByteBuffer, trailer: StaticString = "") {
        guard file == nil else { return appendLater(body, trailer) }
        gather()
        if body.readableBytes <= Self.copyLimit {
            // The span does not outlive the closure. `readableBytesUInt8Span` would do, for a run-time check on each response.
            body.withUnsafeReadableBytes { gathered.append($0.bindMemory(to: UInt8.self).span) }
            if trailer.utf8CodeUnitCount > 0 { gathered.append(trailer) }
        } else {
            large = body
            self.trailer = trailer
            trailerSent = 0
            countBehind = body.readableBytes + trailer.utf8CodeUnitCount
        }
    }

    /// Appends a file of at least one byte, and behind it `trailer`.
    mutating func append(_ file: FilePart, trailer: StaticString = "") {
        guard self.file == nil else {
            later.append(.file(file, trailer: trailer))
            countLater += file.count + trailer.utf8CodeUnitCount
            return
        }
        gather()
        self.file = file
        self.trailer = trailer
        trailerSent = 0
        countBehind = file.count + trailer.utf8CodeUnitCount
    }

    /// Appends what `body` appends to the buffer that it is given.
    mutating func appendPieces<Failure: Error>(_ body: (inout WireBuffer) throws(Failure) -> Void) throws(Failure) {
        guard file != nil else {
            gather()
            return try body(&gathered)
        }
        var pieces = WireBuffer()
        try body(&pieces)
        appendLater(pieces.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }, "")
    }

    private mutating func appendLater(_ body: ByteBuffer, _ trailer: StaticString) {
        var body = body
        body.writeStaticString(trailer)
        later.append(.bytes(body))
        countLater += body.readableBytes
    }

    /// Reads the file's next bytes into `gathered`, for who cannot have them by sendfile(2); false if the file does not give any.
    mutating func readFile() -> Bool {
        guard let file, file.read({ gathered.append($0) }) else { return false }
        gaveFromFile()
        return true
    }

    /// Forgets everything.
    mutating func discard() {
        gathered.reset()
        large = ByteBuffer()
        trailer = ""
        trailerSent = 0
        file = nil
        countBehind = 0
        later = []
        countLater = 0
    }

    /// Writes what it can to a socket, from pointers that are used only within the closures that give them; returns the number of bytes, or -1 with `errno` set.
    ///
    /// Of a file it is no more than a turn; the caller leaves others theirs while there is one.
    mutating func write(to descriptor: Int32) -> Int {
        guard countBehind > 0 else {
            let sent = gathered.withUnsafeReadableBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
            if sent > 0 { gathered.consume(sent) }
            return sent
        }
        if let file { return write(file, to: descriptor) }
        let sent = writeAll(to: descriptor)
        if sent > 0 { consume(sent) }
        return sent
    }

    private mutating func write(_ file: FilePart, to descriptor: Int32) -> Int {
        guard !file.mustBeRead else { return writeRead(to: descriptor) }
        var sent = 0
        if gathered.readableBytes > 0 {
            sent = gathered.withUnsafeReadableBytes { clinux_send_more(descriptor, $0.baseAddress, $0.count) }
            guard sent > 0 else { return sent }
            gathered.consume(sent)
            guard gathered.readableBytes == 0 else { return sent }
        }
        let fromFile = file.send(to: descriptor)
        if fromFile > 0 {
            gaveFromFile()
            return sent + fromFile
        }
        // What failed behind the small pieces is tried again, and fails then.
        if sent > 0 { return sent }
        return file.mustBeRead ? writeRead(to: descriptor) : fromFile
    }

    /// Writes what precedes the file, or else some of the file by way of `gathered`.
    private mutating func writeRead(to descriptor: Int32) -> Int {
        guard gathered.readableBytes > 0 || readFile() else { return -1 }
        let sent = gathered.withUnsafeReadableBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
        if sent > 0 { gathered.consume(sent) }
        return sent
    }

    private mutating func gaveFromFile() {
        guard let file else { return }
        countBehind = file.count + trailer.utf8CodeUnitCount
        guard file.count == 0 else { return }
        self.file = nil
        gathered.append(trailer)
        trailer = ""
        countBehind = 0
        takeLater()
    }

    /// Puts what came behind a file in its place, up to the next file.
    private mutating func takeLater() {
        let taken = later
        later = []
        countLater = 0
        for item in taken {
            switch item {
            case .bytes(let body): append(body)
            case .file(let file, let trailer): append(file, trailer: trailer)
            }
        }
    }

    private func writeAll(to descriptor: Int32) -> Int {
        gathered.withUnsafeReadableBytes { first in
            large.withUnsafeReadableBytes { second in
                trailer.withUTF8Buffer { third in
                    clinux_send3(
                        descriptor,
                        first.baseAddress, first.count,
                        second.baseAddress, second.count,
                        third.baseAddress.map { $0 + trailerSent }, third.count - trailerSent
                    )
                }
            }
        }
    }

    private mutating func consume(_ count: Int) {
        let fromGathered = min(count, gathered.readableBytes)
        gathered.consume(fromGathered)
        countBehind -= count - fromGathered
        let fromLarge = min(count - fromGathered, large.readableBytes)
        if fromLarge > 0 {
            large.moveReaderIndex(forwardBy: fromLarge)
            if large.readableBytes == 0 { large = ByteBuffer() }
        }
        trailerSent += count - fromGathered - fromLarge
    }
}
