/// The form of a Python app's name: `[asgi:|wsgi:]module[:attribute]`, module and attribute with dots in them or not.
enum PythonAppName {
    private static let contracts = ["asgi:", "wsgi:"]

    /// Whether the name begins with the contract that the app is written to.
    static func statesContract(_ name: String) -> Bool { contracts.contains(where: name.hasPrefix) }

    static func isValid(_ name: String) -> Bool {
        // `asgi:app` may also be the object `app` of a module `asgi`; which of them it is, the interpreter finds out.
        isObject(Substring(name)) || contracts.contains { name.hasPrefix($0) && isObject(name.dropFirst($0.count)) }
    }

    /// What to write instead of a name that is nearly one; nil for any other.
    static func wayOut(of name: String) -> String? {
        if name.hasSuffix("()"), isValid(String(name.dropLast(2))) {
            return "a function that gives the app is named without parentheses, with --factory: \(name.dropLast(2)) --factory"
        }
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let file = parts.first else { return nil }
        if file.hasPrefix("/") || file.hasPrefix("."), parts.count == 1, !file.hasSuffix(".py") {
            return "the files of a directory are served as static:\(OneLine.escaped(name))"
        }
        guard file.hasSuffix(".py") || file.contains("/") else { return nil }
        let path = (file.hasSuffix(".py") ? file.dropLast(3) : file).split(separator: "/").filter { $0 != "." }
        let module = path.joined(separator: ".")
        let attribute = parts.count == 2 ? parts[1] : "app"
        guard isValid("\(module):\(attribute)") else { return "a module is named, such as shop.main:app, not a file" }
        guard file.hasPrefix("/"), let last = path.last else { return "a module is named, not a file: \(module):\(attribute)" }
        let directory = "/" + path.dropLast().joined(separator: "/")
        return "a module is named, not a file: \(last):\(attribute) --app-dir \(directory)"
    }

    private static func isObject(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.allSatisfy(isDotted)
    }

    private static func isDotted(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isIdentifier)
    }

    /// Letters outside ASCII are left to Python to judge.
    private static func isIdentifier(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { byte in
            let letter = byte | 0x20
            return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) || byte == UInt8(ascii: "_") || byte >= 0x80 || isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
