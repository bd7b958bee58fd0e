internal import Roost

extension ResolvedSettings {
    /// A configuration that says what the app is served on, and no more.
    ///
    /// - Parameter isActivated: Whether systemd has passed sockets, which are served if the settings name no address.
    func listeningConfig(isActivated: Bool) -> Config {
        var config = values.serve
        if origins["bind"] == nil, isActivated { config.bind = [.systemd(name: nil)] }
        config.bind += values.tls.clearTextBinds
        config.bindSettings = bindSettings
        return config
    }

    /// A configuration that says what the admin socket is, and no more; nil if there is none.
    var adminConfig: Config? {
        guard let path = values.observation.adminSocket else { return nil }
        var config = Config()
        config.bind = [.unix(path: path)]
        config.socket.mode = 0o600
        config.bindSettings[BindAddress.unix(path: path).description] = place(of: "admin_socket")
        return config
    }

    /// Where the addresses were asked for.
    var bindSettings: [String: String] {
        var settings: [String: String] = [:]
        for (key, binds) in [("bind", values.serve.bind), ("insecure_bind", values.tls.insecureBinds)] {
            for bind in binds { settings[bind.address.description] = place(of: key) }
        }
        return settings
    }

    /// Nil for a default.
    private func place(of key: String) -> String? {
        switch origins[key] {
        case .flag(let name): name
        case .environment(let variable): variable
        case .file(let position, _): "\(key), \(position)"
        case .builtIn, .program, nil: nil
        }
    }
}
