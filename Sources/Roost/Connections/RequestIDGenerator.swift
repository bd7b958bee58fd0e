import HTTPWire

/// Makes ids that no other request has: 128 bits of a generator (SplitMix64) that begins where the kernel says.
///
/// They are unlike each other, not secret.
struct RequestIDGenerator {
    private var state: UInt64

    init() {
        state = UInt64.random(in: .min ... .max)
    }

    mutating func next() -> RequestID {
        RequestID(number(), number())
    }

    private mutating func number() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
