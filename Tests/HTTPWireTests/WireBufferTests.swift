import HTTPWire
import SeededRandom
import Testing

@Suite("A wire buffer")
struct WireBufferTests {
    @Test("holds no storage while it was never used, and none after a reset")
    func storage() {
        var buffer = WireBuffer()
        #expect(buffer.capacity == 0)
        #expect(buffer.readableBytes == 0)
        #expect(buffer.withUnsafeReadableBytes { $0.count } == 0)
        buffer.append([UInt8]().span)
        buffer.append("")
        #expect(buffer.array.isEmpty)
        buffer.append("abc")
        #expect(buffer.capacity >= 3)
        buffer.reset(keepingCapacity: true)
        #expect(buffer.capacity >= 3)
        #expect(buffer.readableBytes == 0)
        buffer.reset()
        #expect(buffer.capacity == 0)
        buffer.append("again")
        #expect(buffer.text == "again")
    }

    @Test("gives bytes in the order in which they came, however they are appended and consumed")
    func queue() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<50 {
            var buffer = WireBuffer()
            var model: [UInt8] = []
            for _ in 0..<200 {
                switch Int.random(in: 0..<8, using: &generator) {
                case 0, 1:
                    let bytes = (0..<Int.random(in: 0...700, using: &generator)).map { UInt8(truncatingIfNeeded: $0) }
                    buffer.append(bytes.span)
                    model += bytes
                case 2:
                    let byte = UInt8.random(in: 0...255, using: &generator)
                    buffer.append(byte)
                    model.append(byte)
                case 3:
                    buffer.append("text")
                    model += Array("text".utf8)
                case 4:
                    let number = Int.random(in: 0...Int.max, using: &generator) >> Int.random(in: 0..<63, using: &generator)
                    buffer.append(decimal: number)
                    buffer.append(hexadecimal: number)
                    model += Array((String(number) + String(number, radix: 16)).utf8)
                case 5:
                    let count = Int.random(in: 0...model.count, using: &generator)
                    buffer.truncate(to: count)
                    model = Array(model[..<count])
                default:
                    let count = Int.random(in: 0...model.count, using: &generator)
                    buffer.consume(count)
                    model.removeFirst(count)
                }
                guard buffer.array == model, buffer.readableBytes == model.count else {
                    Issue.record("differs")
                    return
                }
            }
        }
    }

    @Test(
        "writes numbers in decimal and hexadecimal digits",
        arguments: [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 65535, 65536, 999_999_999, 1_000_000_000, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max, -1, .min]
    )
    func numbers(_ number: Int) {
        var buffer = WireBuffer()
        buffer.append(decimal: number)
        buffer.append(" ")
        buffer.append(hexadecimal: number)
        #expect(buffer.text == "\(max(number, 0)) \(String(max(number, 0), radix: 16))")
    }

    @Test("can be moved out and swapped")
    func moves() {
        var buffer = WireBuffer()
        buffer.append("abc")
        buffer.consume(1)
        var other = buffer.take()
        #expect(buffer.capacity == 0)
        #expect(other.text == "bc")
        swap(&buffer, &other)
        #expect(buffer.text == "bc")
        #expect(other.capacity == 0)
    }

    @Test("frames chunks and asks for a body")
    func chunks() {
        var buffer = WireBuffer()
        buffer.appendContinue()
        buffer.appendChunk(latin1("hello world, again").span)
        buffer.appendChunk([UInt8]().span)
        buffer.appendChunkStart(length: 3)
        buffer.append([1, 2, 3])
        buffer.appendChunkEnd()
        buffer.appendLastChunk()
        #expect(buffer.text == "HTTP/1.1 100 Continue\r\n\r\n12\r\nhello world, again\r\n3\r\n\u{1}\u{2}\u{3}\r\n0\r\n\r\n")
    }

    @Test("takes text that is a single character")
    func characters() {
        var buffer = WireBuffer()
        let character: StaticString = "x"
        buffer.append(character)
        #expect(buffer.text == "x")
    }
}
