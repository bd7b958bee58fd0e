import Glibc
import NIOSSL

/// The private key of one PEM file.
struct PrivateKeyFile {
    let key: NIOSSLPrivateKey
    /// What works, and should not be so.
    let warnings: [String]
    /// As of `SecretFile`.
    let isReplaced: Bool

    /// - Parameter openFiles: As for `SecretFile`.
    init(_ setting: TLSCertificate, openFiles: [String: Int32] = [:]) throws(ConfigError) {
        let path = setting.keyPath
        func refusal(_ reason: String) -> ConfigError { ConfigError(key: "keyfile", value: path, reason: reason) }
        var file: SecretFile
        do throws(SecretFileError) {
            file = try SecretFile(path, openFiles: openFiles)
        } catch {
            throw refusal(error.description)
        }
        defer { file.wipe() }
        guard file.holds("PRIVATE KEY") else {
            let hint = setting.keyFile == nil ? "name the file of its key in keyfile" : "a PEM file with one begins with -----BEGIN PRIVATE KEY-----"
            throw refusal("there is no private key in it; \(hint)")
        }
        let isEncrypted = file.holds("ENCRYPTED PRIVATE KEY") || file.contains("Proc-Type: 4,ENCRYPTED")
        let password = try Self.password(setting.keyPassword, openFiles)
        guard !isEncrypted || !password.isEmpty else { throw refusal("the key is encrypted: set keyfile_password, or name it as credential:NAME there") }
        do {
            // Without a callback BoringSSL would ask the terminal.
            key = try NIOSSLPrivateKey(bytes: file.bytes, format: .pem) { (setter: NIOSSLPassphraseSetter<[UInt8]>) in setter(password) }
        } catch {
            throw refusal(
                isEncrypted ? "the key can't be decrypted: keyfile_password is not its password, or its PEM is damaged" : "the key can't be read: its PEM is damaged")
        }
        // The way to it may be closed to others all the same; still nobody needs it like that.
        let openness = file.mode & (S_IROTH | S_IWOTH) == 0 ? [] : ["keyfile \(path): everybody may read or change the key: chmod o= \(path)"]
        isReplaced = file.isReplaced
        warnings = openness + (file.isReplaced ? [SecretFile.replaced(path, key: "keyfile")] : [])
    }

    private static func password(_ password: TLSPassword?, _ openFiles: [String: Int32]) throws(ConfigError) -> [UInt8] {
        let text: String
        switch password {
        case nil: return []
        case .text(let given): text = given
        case .file(let path):
            do throws(SecretFileError) {
                var file = try SecretFile(path, openFiles: openFiles)
                text = file.line
                file.wipe()
            } catch {
                throw ConfigError(key: "keyfile_password", value: path, reason: error.description)
            }
        }
        // NIOSSL ends the process over other characters, and gives up on longer ones without a word.
        guard text.utf8.allSatisfy({ $0 < 0x80 }), text.utf8.count < 1024 else {
            throw ConfigError(key: "keyfile_password", value: "(secret)", reason: "at most 1023 characters of ASCII are possible; encrypt the key anew")
        }
        return Array(text.utf8)
    }
}
