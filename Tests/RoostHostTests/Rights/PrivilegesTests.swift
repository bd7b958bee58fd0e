import Glibc
import Roost
import Testing

@testable import RoostHost

@Suite("Whose rights a process has")
struct PrivilegesTests {
    private static let root = ProcessIdentity(users: [0, 0, 0], groups: [0, 0, 0], supplementaryGroups: [0], hasNoNewPrivileges: false)
    private static let other = ProcessIdentity(users: [4321, 4321, 4321], groups: [4322, 4322, 4322], supplementaryGroups: [], hasNoNewPrivileges: false)

    private func resolve(
        user: String? = nil, group: String? = nil, allowsRoot: Bool = false, as current: ProcessIdentity = root
    ) throws -> Privileges? {
        let texts = [("user", user), ("group", group)].compactMap { key, text in text.map { GivenFlag(key: key, value: .text($0)) } }
        let flags = texts + [GivenFlag(key: "allow_root", value: .boolean(allowsRoot))]
        return try Privileges.resolve(try SettingLayers.resolve(.ownApp, flags: flags, environment: [:]), current: current)
    }

    @Test("a process that is not root stays what it is")
    func unchanged() throws {
        #expect(try resolve(as: Self.other) == nil)
        #expect(try resolve(allowsRoot: true, as: Self.other) == nil)
    }

    @Test("root is refused, and told every way out", arguments: [0, 1, 2])
    func root(_ place: Int) throws {
        var identity = Self.other
        identity.users[place] = 0
        let error = try #require(throws: RootError.self) { try resolve(as: identity) }
        for wayOut in ["--user", "User=", "DynamicUser=", "--allow-root"] { #expect("\(error)".contains(wayOut)) }
        #expect(ExitStatus(error) == .usage)
        #expect(try resolve(allowsRoot: true, as: identity) == nil)
    }

    @Test("a user is found by name and by number, with the groups of the database")
    func user() throws {
        let byName = try #require(try resolve(user: "daemon"))
        let entry = try #require(getpwnam("daemon")?.pointee)
        #expect(byName.user == entry.pw_uid && byName.group == entry.pw_gid && byName.groups?.contains(entry.pw_gid) == true)
        #expect(byName.name == "daemon" && byName.home == String(cString: entry.pw_dir))
        #expect(try resolve(user: "\(entry.pw_uid)") == byName)
    }

    @Test("a group takes the place of the user's own")
    func group() throws {
        let adm = try #require(getgrnam("adm")?.pointee.gr_gid)
        for group in ["adm", "\(adm)"] {
            let privileges = try #require(try resolve(user: "daemon", group: group))
            #expect(privileges.group == adm && privileges.groups?.contains(adm) == true)
        }
        let numbers = try #require(try resolve(user: "54321", group: "54322"))
        #expect(numbers == Privileges(user: 54321, group: 54322, groups: [54322], name: nil, home: nil))
    }

    @Test("what can't be had is named, with a way out", arguments: [
        ("no-such", nil, "--user \"no-such\": there is no user \"no-such\"; name a user that exists, or give its number"),
        ("daemon", "no-such", "--group \"no-such\": there is no group \"no-such\"; name a group that exists, or give its number"),
        ("54321", nil, "--user \"54321\": there is no user with this number, in whose group to serve; name a group as well, with --group"),
        ("root", nil, "--user \"root\": this is root, whose rights an app should not have; name another user, or add --allow-root"),
        ("0", nil, "--user \"0\": this is root, whose rights an app should not have; name another user, or add --allow-root"),
    ])
    func mistakes(_ user: String, _ group: String?, _ text: String) throws {
        let error = try #require(throws: SettingError.self) { try resolve(user: user, group: group) }
        #expect(error.description == text)
    }

    @Test("a group alone leaves root what it is, and so needs to be allowed")
    func groupOfRoot() throws {
        #expect(throws: RootError.self) { try resolve(group: "adm") }
        #expect(try resolve(group: "adm", allowsRoot: true)?.user == 0)
    }

    @Test("only root can change user and group; who is the user already has nothing to change")
    func notRoot() throws {
        let same = try #require(try resolve(user: "4321", group: "4322", as: Self.other))
        #expect(same == Privileges(user: 4321, group: 4322, groups: nil, name: nil, home: nil))
        let user = try #require(throws: SettingError.self) { try resolve(user: "daemon", as: Self.other) }
        #expect(user.description.hasPrefix("--user \"daemon\": this process is the user 4321, and only root may change it; "))
        let group = try #require(throws: SettingError.self) { try resolve(group: "adm", as: Self.other) }
        #expect(group.description.hasPrefix("--group \"adm\": this process is in the group 4322, and only root may change it; "))
    }

    @Test("they are in force when every id is theirs and none can be added")
    func inForce() {
        let privileges = Privileges(user: 7, group: 8, groups: [8, 9], name: nil, home: nil)
        let identity = ProcessIdentity(users: [7, 7, 7], groups: [8, 8, 8], supplementaryGroups: [9, 8], hasNoNewPrivileges: true)
        #expect(privileges.isInForce(identity))
        func changed(_ change: (inout ProcessIdentity) -> Void) -> ProcessIdentity {
            var identity = identity
            change(&identity)
            return identity
        }
        for other in [
            changed { $0.users[0] = 0 }, changed { $0.users[2] = 0 }, changed { $0.groups[2] = 0 }, changed { $0.supplementaryGroups = [8, 0] },
            changed { $0.hasNoNewPrivileges = false },
        ] { #expect(!privileges.isInForce(other)) }
        #expect(Privileges(user: 7, group: 8, groups: nil, name: nil, home: nil).isInForce(changed { $0.supplementaryGroups = [27] }))
    }

    @Test("this process is who the system says")
    func current() {
        let current = ProcessIdentity.current
        #expect(current.user == geteuid() && current.group == getegid() && current.isRoot == (getuid() == 0 || geteuid() == 0))
    }
}

@Suite("Files for the program that takes a process's place")
struct ProcessHandoverTests {
    @Test("are told by their descriptors, by the same process or its parent alone")
    func text() {
        var handover = ProcessHandover()
        #expect(ProcessHandover(handover.text(process: 12), from: [12, 1]) == handover)
        handover.configuration = 5
        handover.accessLog = 6
        handover.pidFile = 7
        handover.errorLog = 8
        #expect(handover.text(process: 12) == "12;config=5;error_logfile=8;access_logfile=6;pid=7")
        #expect(ProcessHandover(handover.text(process: 12), from: [12, 1]) == handover)
        #expect(ProcessHandover(handover.text(process: 12), from: [13, 12]) == handover)
        #expect(ProcessHandover(handover.text(process: 12), from: [13, 1]) == ProcessHandover())
    }

    @Test("those of TLS are told by their paths, whatever is in these")
    func secrets() {
        var handover = ProcessHandover()
        handover.secrets = ["/etc/shop/key.pem": 5, "/etc/a b;c=d%/ü\n": 6]
        #expect(handover.text(process: 12) == "12;tls:/etc/shop/key.pem=5;tls:/etc/a%20b%3bc%3dd%25/%c3%bc%0a=6")
        #expect(ProcessHandover(handover.text(process: 12), from: [12]) == handover)
        #expect(Set(handover.descriptors) == [5, 6])
    }

    @Test("sockets are told by what they are opened for; workers and successors are told otherwise")
    func sockets() throws {
        var handover = ProcessHandover()
        handover.sockets = [5, 6].map { StoredListener(.init(number: $0, name: "roost-1f-8-9")) }.compactMap(\.self)
        #expect(handover.text(process: 12) == "12;socket:roost-1f-8-9=5;socket:roost-1f-8-9=6")
        #expect(ProcessHandover(handover.text(process: 12), from: [12]) == handover)
        #expect(handover.descriptors == [5, 6])
        #expect(ProcessHandover("12;socket:web=5", from: [12]) == ProcessHandover())
    }

    @Test("what makes no sense is nothing", arguments: ["", ";", "x;pid=5", "12", "12;pid", "12;pid=", "12;pid=x", "12;pid=2", "12;pid=-1", "12;other=5", "12;tls:%=5", "12;tls:%zz=5"])
    func malformed(_ text: String) {
        #expect(ProcessHandover(text, from: [12]) == ProcessHandover())
    }

    @Test("are opened by root only where nobody else can put another file")
    func place() throws {
        #expect(RootsPlace.contains("/file"))
        #expect(RootsPlace.contains("/etc/file"))
        #expect(!RootsPlace.contains("/tmp/file"))
        #expect(!RootsPlace.contains("/nonexistent/file"))
        let directory = try TemporaryDirectory()
        #expect(!RootsPlace.contains("\(directory.path)/file"))
        #expect(RootsPlace.contains("/etc/.././etc//file"))
    }

    @Test("count as where links lead only if root has made the links, and not in circles")
    func links() throws {
        let directory = try TemporaryDirectory()
        try #require(symlink("/etc", "\(directory.path)/link") == 0 && symlink("circle", "\(directory.path)/circle") == 0)
        #expect(!RootsPlace.contains("\(directory.path)/link/file"))
        #expect(!RootsPlace.contains("\(directory.path)/circle/file"))
        // Every Linux has this one: of root's, and to a directory of root's.
        #expect(RootsPlace.contains("/proc/self/root/etc/file") == (geteuid() == 0))
    }
}
