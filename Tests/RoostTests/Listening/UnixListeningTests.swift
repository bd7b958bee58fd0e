import CLinux
import Glibc
import Testing

@testable import Roost

@Suite("Listening on a Unix socket")
struct UnixListeningTests {
    let directory: ScratchDirectory
    var path: String { directory.file("app.sock") }
    var bind: BindAddress { .unix(path: path) }

    init() throws { directory = try ScratchDirectory() }

    @Test("clients reach it, and its directory holds nothing but the socket")
    func plain() throws {
        let scratch = try ScratchListeners(bind)
        let listener = try #require(scratch.listeners.first)
        #expect(listener.isUnix && listener.isOwn && !listener.needsNoDelay)
        #expect(listener.address.description == "http://unix:\(path)")
        #expect(directory.names == ["app.sock"])
        let client = try #require(ScratchSocket.connected(to: .unix(path: path)))
        let accepted = ScratchSocket(taking: accept(listener.descriptor, nil, nil))
        #expect(accepted.descriptor >= 0 && SocketAddress(peerOf: accepted.descriptor)?.endpoint == nil)
        #expect(client.descriptor >= 0 && fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("the file is 0660 whatever the process's mask says")
    func defaultMode() throws {
        let scratch = try ScratchListeners(bind)
        #expect(mode(path) == 0o660 && scratch.listeners.count == 1)
    }

    @Test("the file gets the mode that was asked for", arguments: [0o600, 0o666, 0o777, 0o000, 0o602] as [UInt32])
    func askedMode(asked: UInt32) throws {
        var options = SocketOptions()
        options.mode = asked
        let scratch = try ScratchListeners(bind, options: options)
        #expect(mode(path) == asked && scratch.listeners.count == 1)
    }

    @Test("a mode beyond 0777 is refused")
    func wrongMode() throws {
        var options = SocketOptions()
        options.mode = 0o1660
        let error = try #require(bindError(bind, options: options))
        #expect(error.reason == "the socket's mode is 01660" && directory.names.isEmpty)
    }

    @Test("user and group are set by name or by number", .enabled(if: geteuid() == 0), arguments: [("daemon", "65534"), ("1", "daemon")])
    func owner(user: String, group: String) throws {
        var options = SocketOptions()
        options.user = user
        options.group = group
        let scratch = try ScratchListeners(bind, options: options)
        let status = try #require(fileStatus(path))
        #expect(status.st_uid == 1 && status.st_gid == (group == "daemon" ? 1 : 65534))
        #expect(mode(path) == 0o660 && scratch.listeners.count == 1)
    }

    @Test("one of user and group alone leaves the other", .enabled(if: geteuid() == 0))
    func groupAlone() throws {
        var options = SocketOptions()
        options.group = "daemon"
        let scratch = try ScratchListeners(bind, options: options)
        let status = try #require(fileStatus(path))
        #expect(status.st_uid == geteuid() && status.st_gid == 1 && scratch.listeners.count == 1)
    }

    @Test("an unknown user or group is named, and nothing is made", arguments: ["user", "group"])
    func unknownOwner(kind: String) throws {
        var options = SocketOptions()
        if kind == "user" { options.user = "no-such-one" } else { options.group = "no-such-one" }
        let error = try #require(bindError(bind, options: options))
        #expect(error.description.hasPrefix("cannot listen on unix:\(path): socket_\(kind) = no-such-one: there is no \(kind) \"no-such-one\"; "))
        #expect(directory.names.isEmpty)
    }

    @Test("numbers that can't be an owner are refused", arguments: ["4294967295", "99999999999", "-1", ""])
    func wrongOwner(user: String) throws {
        var options = SocketOptions()
        options.user = user
        #expect(bindError(bind, options: options)?.reason.hasPrefix("socket_user = \(user): there is no user") == true)
    }

    @Test("a stale socket is replaced")
    func stale() throws {
        try leaveStaleSocket(at: path)
        let old = try #require(fileStatus(path)).st_ino
        let scratch = try ScratchListeners(bind)
        #expect(fileStatus(path)?.st_ino != old && directory.names == ["app.sock"])
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil && scratch.listeners.count == 1)
    }

    @Test("a server that was killed is restarted over what it left")
    func restart() throws {
        let first = try ListenerSet.open([bind], options: SocketOptions(), activated: nil)
        first.close()
        #expect(exists(path))
        let second = try ScratchListeners(bind)
        // The first one's end comes late: the file is the second one's by now.
        first.removeSocketFiles()
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil && second.listeners.count == 1)
    }

    @Test("a live socket is left alone, and its holder named")
    func live() throws {
        let holder = try ScratchSocket.bound(to: .unix(path: path))
        let before = try #require(fileStatus(path))
        let error = try #require(bindError(bind))
        #expect(error.holder == getpid() && error.code == EADDRINUSE)
        #expect(error.description == "cannot listen on unix:\(path): this process is listening on it; stop that process or choose another path")
        #expect(fileStatus(path)?.st_ino == before.st_ino && directory.names == ["app.sock"])
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil && holder.descriptor >= 0)
    }

    @Test("a live socket whose queue is full is left alone too")
    func full() throws {
        let holder = try ScratchSocket.bound(to: .unix(path: path), listening: false)
        try #require(listen(holder.descriptor, 0) == 0)
        var waiting: [ScratchSocket] = []
        while true {
            let client = ScratchSocket(taking: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0))
            guard SocketCalls.connect(client.descriptor, to: .unix(path: path)) == 0 else { break }
            waiting.append(client)
        }
        let error = try #require(bindError(bind))
        #expect(error.reason == "another process is listening on it" && error.holder == nil && !waiting.isEmpty)
        #expect(directory.names == ["app.sock"])
    }

    @Test("a datagram socket that is open is left alone")
    func datagram() throws {
        let holder = ScratchSocket(AF_UNIX, type: SOCK_DGRAM)
        try #require(SocketCalls.bind(holder.descriptor, to: .unix(path: path)) == 0)
        #expect(bindError(bind)?.code == EADDRINUSE)
        #expect(directory.names == ["app.sock"])
    }

    @Test("what is no socket is never replaced", arguments: ["a regular file", "a directory", "a symbolic link", "a pipe"])
    func notASocket(kind: String) throws {
        switch kind {
        case "a regular file": close(open(path, O_CREAT | O_WRONLY, 0o600))
        case "a directory": mkdir(path, 0o700)
        case "a symbolic link":
            try leaveStaleSocket(at: directory.file("target"))
            symlink("target", path)
        default: mkfifo(path, 0o600)
        }
        let before = try #require(fileStatus(path))
        let names = directory.names
        let error = try #require(bindError(bind))
        #expect(error.reason == "there is \(kind) at this path, which Roost does not replace")
        #expect(fileStatus(path)?.st_ino == before.st_ino && directory.names == names)
    }

    @Test("a missing directory is a clear error")
    func missingDirectory() throws {
        let folder = directory.file("missing")
        let error = try #require(bindError(.unix(path: "\(folder)/app.sock")))
        #expect(error.code == ENOENT)
        #expect(error.reason == "the directory \(folder) does not exist")
        #expect(error.hint?.contains("RuntimeDirectory=") == true)
    }

    @Test("a file where the directory should be is a clear error")
    func fileAsDirectory() throws {
        close(open(directory.file("file"), O_CREAT | O_WRONLY, 0o600))
        #expect(bindError(.unix(path: directory.file("file/app.sock")))?.reason == "\(directory.file("file")) is not a directory")
    }

    @Test("missing directories are made when asked for, with the mask that was asked for", arguments: [nil, 0o077, 0o000, 0o027] as [UInt32?])
    func makeDirectories(mask: UInt32?) throws {
        var options = SocketOptions()
        options.makeDirectories = true
        options.umask = mask
        let path = directory.file("one/two/app.sock")
        do {
            let scratch = try ScratchListeners(.unix(path: path), options: options)
            #expect(scratch.listeners.count == 1 && exists(path))
        }
        if let mask {
            #expect(mode(directory.file("one")) == 0o755 & ~mask && mode(directory.file("one/two")) == 0o755 & ~mask)
        }
        #expect(ScratchDirectory.names(in: directory.file("one/two")).isEmpty)
    }

    @Test("the longest path works: the temporary name takes no room", arguments: [99, 100, 106, 107])
    func longPath(length: Int) throws {
        let path = directory.file(String(repeating: "x", count: length - directory.path.utf8.count - 1))
        #expect(path.utf8.count == length)
        let scratch = try ScratchListeners(.unix(path: path))
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil && scratch.listeners.count == 1)
        #expect(directory.names.count == 1 && mode(path) == 0o660)
    }

    @Test("a path that is too long is refused with its length")
    func tooLong() throws {
        let error = try #require(bindError(.unix(path: directory.file(String(repeating: "x", count: 100)))))
        #expect(error.reason.hasPrefix("the path of a Unix socket has at most 107 bytes on Linux, and this one has "))
    }

    @Test("the file goes at the end")
    func removal() throws {
        let set = try ListenerSet.open([bind], options: SocketOptions(), activated: nil)
        set.closeOwn()
        #expect(exists(path))
        set.removeSocketFiles()
        #expect(directory.names.isEmpty)
        set.removeSocketFiles()
        set.close()
    }

    @Test("a file that somebody else put in its place stays", arguments: ["socket", "file"])
    func replaced(by kind: String) throws {
        let set = try ListenerSet.open([bind], options: SocketOptions(), activated: nil)
        unlink(path)
        set.closeOwn()
        // On many file systems a new file gets the inode number that has just become free: not this one, which is still held.
        let other = kind == "file" ? nil : try ScratchSocket.bound(to: .unix(path: path))
        if kind == "file" { close(open(path, O_CREAT | O_WRONLY, 0o600)) }
        set.removeSocketFiles()
        #expect(exists(path) && (other == nil) == (kind == "file"))
        set.close()
    }

    @Test("a file that was removed already is no trouble, nor is a directory that was moved")
    func gone() throws {
        let folder = directory.file("folder")
        mkdir(folder, 0o755)
        let set = try ListenerSet.open([.unix(path: "\(folder)/a.sock"), .unix(path: "\(folder)/b.sock")], options: SocketOptions(), activated: nil)
        unlink("\(folder)/a.sock")
        rename(folder, directory.file("moved"))
        set.close()
        set.removeSocketFiles()
        #expect(ScratchDirectory.names(in: directory.file("moved")).isEmpty)
    }

    @Test("nothing stays open after the end, nor after a failure")
    func descriptors() async {
        // In a process of its own: other tests open and close descriptors at the same time.
        await #expect(processExitsWith: .success) {
            let directory = try ScratchDirectory()
            let bind = BindAddress.unix(path: directory.file("app.sock"))
            let before = ScratchDirectory.names(in: "/proc/self/fd").count
            for _ in 0..<100 {
                let set = try ListenerSet.open([bind], options: SocketOptions(), activated: nil)
                #expect(bindError(bind) != nil)
                #expect(bindError(.unix(path: directory.file("x.sock")), .unix(path: directory.file("missing/x.sock"))) != nil)
                set.close()
                set.removeSocketFiles()
            }
            // The test library has a few of its own; a leak would be one in each round.
            #expect(ScratchDirectory.names(in: "/proc/self/fd").count < before + 50)
            #expect(directory.names.isEmpty)
        }
    }

    @Test("one path under two names is found out")
    func twoNames() throws {
        let error = try #require(bindError(bind, .unix(path: directory.path + "/./app.sock")))
        #expect(error.code == EADDRINUSE && directory.names.isEmpty)
    }

    @Test("the same path twice is found before anything is opened")
    func twice() throws {
        #expect(bindError(bind, bind)?.description == "cannot listen on unix:\(path): it is given twice; leave one of them out")
    }

    @Test("somebody who locks the directory is waited for, but not for ever")
    func locked() throws {
        let held = open(directory.path, O_RDONLY)
        defer { close(held) }
        try #require(flock(held, LOCK_SH) == 0)
        let mine = open(directory.path, O_RDONLY | O_DIRECTORY)
        defer { close(mine) }
        let begun = ContinuousClock.now
        let lock = try DirectoryLock(mine, patience: 30)
        #expect(ContinuousClock.now - begun >= .milliseconds(30))
        _ = consume lock
        flock(held, LOCK_UN)
        let scratch = try ScratchListeners(bind)
        // The lock is held only while the socket is put in place.
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0 && scratch.listeners.count == 1)
        flock(held, LOCK_UN)
    }

    @Test("a directory without permission says so", .enabled(if: geteuid() != 0))
    func noPermission() throws {
        chmod(directory.path, 0o555)
        defer { chmod(directory.path, 0o755) }
        #expect(bindError(bind)?.code == EACCES)
    }
}
