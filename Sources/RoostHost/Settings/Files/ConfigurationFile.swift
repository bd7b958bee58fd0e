internal import Glibc
internal import Systemd
internal import TOMLKit

/// A configuration file: settings at the top level of a TOML document, each with the place where it stands.
struct ConfigurationFile {
    /// In the order of the file.
    private(set) var entries: [Entry] = []
    private let file: String
    private let places: [[SettingStep]: TOMLKeyScanner.Place]

    struct Entry: Equatable {
        var key: String
        var value: SettingValue
        var position: FilePosition
    }

    /// Far more than settings need; a larger file is a mistake.
    static let largestFile = 1 << 20

    init(reading file: String) throws(SettingError) {
        try self.init(parsing: try Self.contents(of: file), file: file)
    }

    /// - Parameter file: What to call the document in errors.
    init(parsing text: String, file: String) throws(SettingError) {
        self.file = file
        guard let places = TOMLKeyScanner.places(in: text) else { throw .unreadable(file: file, reason: "it has keys of more parts than any setting") }
        self.places = places
        // The parser takes a C string, and gives C strings: what follows a NUL would be lost without a word.
        for escape in ["\0", "\\u0000", "\\U00000000"] where text.contains(escape) {
            throw .unreadable(file: file, reason: "it contains a NUL character")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let start = error.source.begin
            throw .syntax(position: FilePosition(file: file, line: start.line, column: start.column), reason: error.description)
        } catch {
            throw .unreadable(file: file, reason: "\(error)")
        }
        entries = table.map { key, value in
            let path = [SettingStep.key(key)]
            let position = position(of: path) ?? FilePosition(file: file, line: 1, column: 1)
            return Entry(key: key, value: self.value(value.tomlValue, at: path), position: position)
        }
        entries.sort { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) }
    }

    /// Where a key stands, or a part of a value; nil if that is not known.
    func position(of path: [SettingStep]) -> FilePosition? {
        places[path].map { FilePosition(file: file, line: $0.line, column: $0.column) }
    }

    private func value(_ value: TOMLValue, at path: [SettingStep]) -> SettingValue {
        if let text = value.string { return .text(text) }
        if let flag = value.bool { return .boolean(flag) }
        if let number = value.int { return .integer(number, octal: places[path]?.isOctal ?? false) }
        if let number = value.double { return .number(number) }
        if let array = value.array {
            return .list(array.enumerated().map { self.value($1.tomlValue, at: path + [.index($0)]) })
        }
        if let table = value.table {
            return .table(Dictionary(table.map { ($0, self.value($1.tomlValue, at: path + [.key($0)])) }) { first, _ in first })
        }
        return .other(kind: "a \(value.type)")
    }

    private static func contents(of file: String) throws(SettingError) -> String {
        let path: String
        do throws(CredentialsError) {
            path = try CredentialPath.resolved(file)
        } catch {
            throw .unreadable(file: file, reason: OneLine.escaped(error.description))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        // Whom the process has become may not read it; who it was before could.
        let inherited = descriptor < 0 && errno == EACCES ? ProcessHandover.inherited.configuration : nil
        guard descriptor >= 0 || inherited != nil else { throw unreadable(file) }
        defer { if descriptor >= 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        let block = 16384
        while bytes.count <= largestFile {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: block))
            let count = bytes.withUnsafeMutableBytes { buffer in
                let place = buffer.baseAddress?.advanced(by: start)
                // Several processes may have it open, with one position for all.
                return inherited.map { pread($0, place, block, off_t(start)) } ?? read(descriptor, place, block)
            }
            guard count >= 0 else {
                bytes.removeLast(block)
                if errno == EINTR { continue }
                throw unreadable(file)
            }
            bytes.removeLast(block - count)
            if count == 0 { break }
        }
        guard bytes.count <= largestFile else { throw .unreadable(file: file, reason: "it is larger than 1 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .unreadable(file: file, reason: "it is not UTF-8") }
        return text
    }

    private static func unreadable(_ file: String) -> SettingError {
        .unreadable(file: file, reason: String(cString: strerror(errno)))
    }
}
