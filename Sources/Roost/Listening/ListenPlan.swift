/// What has to be opened, bind by bind, with every name resolved and no address claimed twice.
struct ListenPlan {
    /// One bind's part.
    enum Step {
        case inherited([InheritedSocket])
        case tcp(TCPSocketBind)
        case unix(UnixSocketBind)
        case abstract(AbstractSocketBind)
        /// Sockets that an earlier process of the service has opened for it.
        case stored([(listener: Listener, file: UnixSocketFile?)])
    }

    let steps: [Step]

    init(
        _ binds: [BindAddress], options: SocketOptions, inherited: InheritedSockets, stored: [StoredListener] = []
    ) throws(BindError) {
        var addresses: [Int: [SocketAddress]] = [:]
        var kept: [Int: [(listener: Listener, file: UnixSocketFile?)]] = [:]
        for bind in binds {
            if let problem = bind.problem { throw BindError(bind, problem.what, hint: "for example \(problem.example)") }
        }
        for (place, bind) in binds.enumerated() {
            kept[place] = stored.compactMap { $0.listener(for: bind) }
            addresses[place] = switch bind {
            case .tcp(let host, let port): try NameResolution.addresses(of: host, port: port, for: bind)
            case .unix(let path): [.unix(path: path)]
            case .abstract(let name): [.abstract(name: name)]
            case .descriptor, .systemd: []
            }
        }
        let v4Ports = Set((addresses.values.joined() + inherited.all.map(\.address)).filter { !$0.isV6 }.compactMap(\.port)).subtracting([0])

        var conflicts = BindConflicts(inherited: inherited)
        var steps: [Step] = []
        for (place, bind) in binds.enumerated() {
            let own = addresses[place] ?? []
            // Whoever names an IPv4 address and [::] with the same port wants both; :PORT alone wants one socket for all.
            let isV6Only = bind.hasHost && own.contains { $0.isV6 && v4Ports.contains($0.port ?? 0) }
            try conflicts.add(bind, own, isV6Only: isV6Only, place: place)
            if let kept = kept[place], !kept.isEmpty {
                steps.append(.stored(kept))
                continue
            }
            let step: Step = switch bind {
            case .tcp: .tcp(TCPSocketBind(bind: bind, addresses: own, options: options, isV6Only: isV6Only))
            case .unix(let path): .unix(UnixSocketBind(bind: bind, path: path, options: options, owner: try SocketOwner(options, for: bind)))
            case .abstract(let name): .abstract(AbstractSocketBind(bind: bind, name: name, options: options))
            case .descriptor, .systemd: .inherited(inherited.named[place] ?? [])
            }
            steps.append(step)
        }
        self.steps = steps
    }
}

extension BindAddress {
    /// Whether it is a TCP address with a host, as opposed to a port alone.
    fileprivate var hasHost: Bool {
        if case .tcp(let host, _) = self { !host.isEmpty } else { false }
    }
}

extension ListenPlan.Step {
    /// Opens the bind's sockets and adds them to the lists; what was added before stays the caller's to close.
    func open(_ options: SocketOptions, into listeners: inout [Listener], files: inout [Int32: UnixSocketFile]) throws(BindError) {
        switch self {
        case .inherited(let sockets):
            listeners += sockets.map(\.listener)
        case .tcp(let tcp):
            for descriptor in try tcp.open() {
                // The kernel's word, since it may have chosen the port.
                let endpoint = Endpoint(localOf: descriptor) ?? Endpoint(host: "", port: 0)
                listeners.append(Self.own(descriptor, endpoint, tcp.bind))
            }
        case .unix(let unix):
            let (descriptor, file) = try unix.open()
            files[descriptor] = file
            listeners.append(Self.own(descriptor, Endpoint(host: unix.path, port: nil), unix.bind))
        case .stored(let stored):
            for (listener, file) in stored {
                try InheritedSocket.prepare(listener.descriptor, for: listener.bind)
                listeners.append(listener)
                files[listener.descriptor] = file
            }
        case .abstract(let abstract):
            listeners.append(Self.own(try abstract.open(), Endpoint(host: "@\(abstract.name)", port: nil), abstract.bind))
        }
    }

    private static func own(_ descriptor: Int32, _ endpoint: Endpoint, _ bind: BindAddress) -> Listener {
        Listener(descriptor: descriptor, address: BoundAddress(endpoint: endpoint), bind: bind, isOwn: true, needsNoDelay: false)
    }
}
