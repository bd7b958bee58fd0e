// Types of other modules that applications name, so that `import Roost` is enough. A type alias would not do: in a file that
// imports the other module too, `[ByteBuffer]()` would be ambiguous.

@_exported public import enum HTTPWire.HeaderMap
@_exported public import struct HTTPWire.HeaderField
@_exported public import struct HTTPWire.Headers
@_exported public import struct HTTPWire.RequestLimits
@_exported public import struct NIOCore.ByteBuffer
