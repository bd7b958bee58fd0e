public import HTTPWire
public import NIOCore

// Types of other modules that applications name, so that `import Roost` is enough.

/// Header fields of a request or a response.
public typealias Headers = HTTPWire.Headers
/// One header field.
public typealias HeaderField = HTTPWire.HeaderField
/// Limits on a request's line and header fields.
public typealias RequestLimits = HTTPWire.RequestLimits
/// A piece of a body; SwiftNIO's type.
public typealias ByteBuffer = NIOCore.ByteBuffer
