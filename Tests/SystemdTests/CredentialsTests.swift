import Glibc
import Testing

@testable import Systemd

extension EnvironmentTests {
    @Suite("credentials")
    struct CredentialsTests {
        private func error(_ name: String, directory: String?) -> CredentialsError? {
            withEnvironment(["CREDENTIALS_DIRECTORY": directory]) {
                do throws(CredentialsError) {
                    _ = try Credentials.path(of: name)
                    return nil
                } catch {
                    return error
                }
            }
        }

        @Test("are files of the service's directory, and what is missing is named with what is there")
        func files() throws {
            var template = Array("/tmp/roost-credentials-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            let directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            defer { rmdir(directory) }
            #expect(error("a", directory: directory) == .missing("a", others: []))
            for name in ["b.pem", "key"] { close(open("\(directory)/\(name)", O_CREAT | O_WRONLY, 0o600)) }
            defer { for name in ["b.pem", "key"] { unlink("\(directory)/\(name)") } }
            withEnvironment(["CREDENTIALS_DIRECTORY": directory]) {
                #expect((try? Credentials.path(of: "key")) == "\(directory)/key")
                #expect(Credentials.directory == directory)
            }
            let missing = error("a", directory: directory)
            #expect(missing == .missing("a", others: ["b.pem", "key"]))
            #expect(missing?.description.contains("only b.pem, key; add LoadCredential=a:PATH") == true)
        }

        @Test("are nowhere outside of a service that has some", arguments: [nil, ""])
        func nowhere(directory: String?) {
            #expect(error("key", directory: directory) == .noDirectory("key"))
        }

        @Test("have names that lead nowhere else", arguments: ["", ".", "..", "../key", "a/b", "/etc/passwd", "a:b", "a\nb", "ä", String(repeating: "x", count: 256)])
        func badNames(name: String) {
            #expect(error(name, directory: "/tmp") == .badName(name))
        }
    }
}
