import Glibc

/// A page of man/ beside this package's Tests.
struct ManualPage {
    let lines: [Substring]

    init(_ name: String) {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        var text = ""
        if let file = fopen("/\(root)/man/\(name)", "r") {
            defer { fclose(file) }
            var buffer = [CChar](repeating: 0, count: 4096)
            while fgets(&buffer, Int32(buffer.count), file) != nil {
                text += buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            }
        }
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The words after a macro on lines that begin with it.
    func items(_ macro: String) -> [[String]] {
        lines.filter { $0.hasPrefix("\(macro) ") }.map { $0.dropFirst(macro.count).split(separator: " ").map(String.init) }
    }

    /// The lines from a heading to the next one like it.
    func section(_ heading: String) -> ArraySlice<Substring> {
        let rest = lines.drop { $0 != ".Sh \(heading)" }.dropFirst()
        return rest.prefix { !$0.hasPrefix(".Sh ") }
    }

    /// A line as a reader sees it.
    static func plain(_ line: some StringProtocol) -> String {
        String(line).replacing("\\(dq", with: "\"").replacing("\\&", with: "").replacing("\\e", with: "\\")
    }
}
