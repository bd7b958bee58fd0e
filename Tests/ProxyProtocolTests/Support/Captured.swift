/// What HAProxy 2.6 sent for a TLS client with a certificate, with every TLV that it knows.
let captured: [UInt8] = hex(
    """
    0d0a0d0a000d0a515549540a211100927f0000017f000001ed9c6f1b030004ff7a2801010002683202000e7365727665722e6578616d706c65
    05001637463030303030313a454439435f364230334534414120004d0700000000210007544c5376312e3322000b5a6fc3ab20436c69656e74
    2500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834
    """)

/// What HAProxy 2.6 sent for its own health check.
let capturedCheck: [UInt8] = hex("0d0a0d0a000d0a515549540a20000007030004a9b87e8f")

private func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
