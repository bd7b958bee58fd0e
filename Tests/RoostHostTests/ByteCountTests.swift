import Testing

@testable import RoostHost

@Suite("Sizes as operators write them")
struct ByteCountTests {
    @Test("are read in bytes, thousands and powers of two", arguments: [
        ("8190", 8190), ("0", 0), ("64KB", 64_000), ("64KiB", 65_536), ("16MiB", 16 << 20), ("1.5MiB", 3 << 19), ("1GB", 1_000_000_000),
        ("2TiB", 2 << 40), ("10B", 10), ("16mib", 16 << 20),
    ])
    func read(_ text: String, _ bytes: Int) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test("are refused when they are not unmistakable", arguments: [
        "", "16M", "16K", "16m", "-1", "1 MiB", "MiB", "1.5", "0.3KiB", "99999999999TiB", "1e3", "0x10", "16MiBs", "16MiB1KiB",
    ])
    func refuse(_ text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test("are shown in the largest unit that fits", arguments: [(16 << 20, "16MiB"), (8190, "8190"), (0, "0"), (1536, "1536"), (1 << 40, "1TiB")])
    func show(_ bytes: Int, _ text: String) throws {
        let count = try #require(ByteCount(bytes: bytes))
        #expect(count.description == text)
        #expect(ByteCount(text) == count)
    }
}
