public import NIOCore

/// What every measured server answers, so that all of them do the same work.
public enum BenchmarkAnswers {
    /// `GET /`: what `builtin:hello` answers.
    public static let hello = ByteBuffer(string: "Hello World")
    /// `GET /64k`: 64 KiB that are ready in memory.
    public static let large = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10)
    /// The largest body, in bytes, that `POST /echo` takes.
    public static let echoLimit = 1 << 20

    /// `GET /who`: what the request's scope tells of its sender, filled up with spaces to `whoLength` bytes, so that all such answers cost the
    /// same to send. A host name that does not fit makes a longer one.
    public static func who(client: String?, scheme: String, host: String?) -> ByteBuffer {
        var body = ByteBuffer()
        body.reserveCapacity(whoLength)
        body.writeString(client ?? "-")
        body.writeStaticString(" ")
        body.writeString(scheme)
        body.writeStaticString(" ")
        body.writeString(host ?? "-")
        body.writeRepeatingByte(UInt8(ascii: " "), count: max(0, whoLength - body.readableBytes))
        return body
    }

    private static let whoLength = 64
}
