import Testing

@testable import RoostHost

@Suite("File modes")
struct FileModeTests {
    @Test("are octal, however they are written", arguments: [("660", 0o660), ("0660", 0o660), ("0o660", 0o660), ("0", 0), ("777", 0o777)] as [(String, UInt32)])
    func read(_ text: String, _ bits: UInt32) {
        #expect(FileMode(text)?.bits == bits)
    }

    @Test("hold nothing but permission bits", arguments: ["", "999", "1777", "0o", "0x1b0", "-660", "rw-rw----", "06600", "00660", "6 6", "0O660"])
    func refuse(_ text: String) {
        #expect(FileMode(text) == nil)
    }

    @Test("are shown with four digits")
    func show() {
        #expect(FileMode("7")?.description == "0007")
        #expect(FileMode("660")?.description == "0660")
    }
}
