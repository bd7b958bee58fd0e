import Systemd

/// The sockets that binds name by `fd://N` and `systemd:NAME`, and those from systemd that none names.
struct InheritedSockets {
    /// The sockets of each bind, by the bind's place in the list.
    private(set) var named: [Int: [InheritedSocket]] = [:]
    /// Activated sockets that no bind names.
    private(set) var unnamed: [InheritedSocket] = []

    var all: [InheritedSocket] { named.values.joined() + unnamed }

    /// Finds and checks them; nothing is changed.
    ///
    /// - Parameter activated: What systemd passed; nil when that is not known, which counts as nothing.
    init(_ binds: [BindAddress], activated: ListenDescriptors?) throws(BindError) {
        let passed = activated?.descriptors ?? []
        for (place, bind) in binds.enumerated() {
            let chosen: [(number: Int32, name: String?)]
            switch bind {
            case .descriptor(let number):
                chosen = [(number, passed.first { $0.number == number }?.name)]
            case .systemd(let name):
                let matching = passed.filter { name == nil || $0.name == name }
                guard !matching.isEmpty else { throw Self.nothingPassed(bind, activated) }
                chosen = matching.map { ($0.number, $0.name) }
            case .tcp, .unix, .abstract:
                continue
            }
            for (number, name) in chosen {
                let socket = try InheritedSocket(number, name: name, for: bind)
                try refuseSecondUse(of: socket)
                named[place, default: []].append(socket)
            }
        }
        let used = Set(named.values.joined().map(\.number))
        for descriptor in passed where !used.contains(descriptor.number) {
            let socket = try InheritedSocket(descriptor.number, name: descriptor.name, for: .systemd(name: descriptor.name))
            unnamed.append(socket)
        }
    }

    /// One socket can't be served twice, whatever it is called.
    private func refuseSecondUse(of socket: InheritedSocket) throws(BindError) {
        guard let other = named.values.joined().first(where: { $0.inode == socket.inode }) else { return }
        let again = other.bind == socket.bind ? "is given twice" : "names a socket that the bind \(other.bind) names too"
        throw BindError(socket.bind, "this bind \(again) (descriptor \(socket.number), \(socket.endpoint))", hint: "leave one of them out")
    }

    /// Every socket that systemd passed must be served: whoever connects to one that is not would wait for ever.
    func refuseUnnamed() throws(BindError) {
        guard let first = unnamed.first else { return }
        let list = unnamed.map { "\($0.endpoint) (descriptor \($0.number), \($0.name ?? "no name"))" }.joined(separator: ", ")
        throw BindError(first.bind, "systemd passed \(list), which no bind names", hint: "bind \(first.bind) too (systemd: takes all), or take it out of the socket unit")
    }

    private static func nothingPassed(_ bind: BindAddress, _ activated: ListenDescriptors?) -> BindError {
        guard let activated, !activated.descriptors.isEmpty, case .systemd(let name?) = bind else {
            return BindError(
                bind, "systemd passed no sockets to this process",
                hint: "start it by a socket unit of the same name (systemctl start NAME.socket), or bind an address of its own")
        }
        return BindError(
            bind, "systemd passed no socket of this name, only \(activated.names.joined(separator: ", "))",
            hint: "set FileDescriptorName=\(name) in the socket unit, or bind one of those")
    }
}
