public import NIOCore

/// What every measured server answers, so that all of them do the same work.
public enum BenchmarkAnswers {
    /// `GET /`: what `builtin:hello` answers.
    public static let hello = ByteBuffer(string: "Hello World")
    /// `GET /64k`: 64 KiB that are ready in memory.
    public static let large = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10)
    /// The largest body, in bytes, that `POST /echo` takes.
    public static let echoLimit = 1 << 20
}
