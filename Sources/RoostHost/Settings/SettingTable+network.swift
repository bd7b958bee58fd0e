internal import Roost

/// The rows of where and how connections come.
extension SettingTable {
    static let listening: [Setting] = [
        Setting(
            "bind", .listening, .binds, \.serve.bind, short: "b",
            """
            Listen on this address: host:port, unix:/path, unix:@name, fd://N, systemd: or systemd:NAME; behind a ? stands what holds for it \
            alone, such as ?proxy_protocol=v2; may be given several times.
            """
        ),
        Setting("backlog", .listening, .count(1...65535), \.serve.socket.backlog, "Let this many connections wait to be accepted."),
        Setting("socket_mode", .listening, .fileMode, \.serve.socket.mode, "Give Unix sockets this mode (octal)."),
        Setting(
            "socket_user", .listening, .unset(or: .account("user")), \.serve.socket.user,
            "Give Unix sockets to this user (name or number)."
        ),
        Setting(
            "socket_group", .listening, .unset(or: .account("group")), \.serve.socket.group,
            "Give Unix sockets to this group (name or number)."
        ),
        Setting(
            "umask", .listening, .unset(or: .fileMode), \.serve.socket.umask, short: "m",
            "Make missing socket directories under this umask (octal)."
        ),
        Setting("socket_make_dirs", .listening, .onOff, \.serve.socket.makeDirectories, "Make a Unix socket's missing parent directories."),
        Setting("reuse_port", .listening, .onOff, \.serve.socket.reusePort, "Set SO_REUSEPORT on TCP sockets."),
        Setting(
            "allow_peer_user", .listening, .accounts("user"), \.serve.allowPeerUser,
            "Serve only these users' processes on Unix sockets (name or number); may be given several times."
        ),
        Setting(
            "allow_peer_group", .listening, .accounts("group"), \.serve.allowPeerGroup,
            "Serve only processes of these groups on Unix sockets (name or number); may be given several times."
        ),
    ]

    static let tls: [Setting] = [
        Setting(
            "certfile", .tls, .unset(or: .pemFile("a certificate and its chain")), \.tls.certificateFile, otherFlags: ["ssl-certfile"],
            "Speak TLS with the certificate in this PEM file, the chain behind it; credential:NAME is one that systemd passes."
        ),
        Setting(
            "keyfile", .tls, .unset(or: .pemFile("a private key")), \.tls.keyFile, otherFlags: ["ssl-keyfile"],
            "Take the private key from this PEM file; without it, from that of the certificate."
        ),
        Setting(
            "keyfile_password", .tls, .unset(or: .secret), \.tls.keyPassword, places: [.environment, .file],
            "Decrypt the key with this; credential:NAME is a file that systemd passes."
        ),
        Setting(
            "certificate", .tls, .certificates, \.tls.certificates, places: [.environment, .file],
            "Speak TLS with this certificate where a client asks for one of its names."
        ),
        Setting(
            "ca_certs", .tls, .unset(or: .pemFile("certificates of authorities")), \.tls.caCertificates, otherFlags: ["ssl-ca-certs"],
            "Accept clients' certificates of the authorities in this PEM file."
        ),
        Setting(
            "verify_mode", .tls, .verifyMode, \.tls.verifyMode, otherFlags: ["cert-reqs", "ssl-cert-reqs"],
            "Ask clients for a certificate: none, optional or required."
        ),
        Setting(
            "ciphers", .tls, .ciphers, \.tls.ciphers, otherFlags: ["ssl-ciphers"],
            "Offer these cipher suites in TLS 1.2, as openssl-ciphers(1) writes them; those of TLS 1.3 are all there."
        ),
        Setting("tls_min_version", .tls, .tlsVersion, \.tls.minimumVersion, "Speak no older version of TLS than this one: 1.2 or 1.3."),
        Setting(
            "alpn_protocols", .tls, .alpnProtocols, \.tls.alpnProtocols,
            "Offer these protocols inside of TLS, the preferred one first: h2, http/1.1; may be given several times."
        ),
        Setting(
            "ssl_handshake_timeout", .tls, .either(.positiveTime, or: "off"), \.tls.handshakeTimeout, "Wait this long for the handshake of a connection."
        ),
        Setting(
            "hsts", .tls, .either(.positiveTime, or: "off"), \.tls.hstsTime,
            "Tell browsers to come by https alone for this long, in responses to what came by https (Strict-Transport-Security)."
        ),
        Setting("hsts_include_subdomains", .tls, .onOff, \.tls.hstsIncludesSubdomains, "Mean the names below the host too with hsts."),
        Setting(
            "hsts_preload", .tls, .onOff, \.tls.hstsPreload, "Let browsers' makers put the host on the lists that those bring along; goes with hsts."
        ),
        Setting(
            "https_redirect", .tls, .onOff, \.serve.httpsRedirect,
            "Send what comes by http on insecure_bind to the same place by https (308), before the app sees it."
        ),
        Setting(
            "insecure_bind", .tls, .insecureBinds, \.tls.insecureBinds,
            "Listen on this address in clear text while bind speaks TLS; may be given several times."
        ),
    ]

    static let proxies: [Setting] = [
        Setting(
            "proxy_protocol", .proxies, .proxyProtocol, \.serve.proxyProtocol,
            "Expect a PROXY header on connections: off, auto (perhaps), v1, v2 or required (either version)."
        ),
        Setting(
            "proxy_allow_from", .proxies, .peers, \.serve.proxyAllowFrom,
            "Take a PROXY header from these: IP addresses, networks, unix: or *; separated by commas, or given several times."
        ),
        Setting(
            "forwarded_allow_ips", .proxies, .peers, \.serve.forwardedAllowIPs, commonVariable: "FORWARDED_ALLOW_IPS",
            "Believe forwarded fields of these: IP addresses, networks, unix: or *; separated by commas, or given several times."
        ),
        Setting(
            "forwarded_hops", .proxies, .unset(or: .count(1...100)), \.serve.forwardedHops,
            "Believe so many right-most entries of forwarded fields, whoever sends them, instead of naming the proxies."
        ),
        Setting(
            "forwarded_headers", .proxies, .forwardedHeaders, \.serve.forwardedHeaders,
            """
            Believe these fields, which the proxy sets itself: x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-forwarded-port, \
            x-forwarded-prefix; or forwarded alone.
            """
        ),
        Setting(
            "accel_map", .proxies, .accelMappings, \.serve.accelMap,
            """
            Have nginx send the files of this directory that apps answer with (X-Accel-Redirect), from this internal location of its own, such as \
            /srv/shop/files=/protected; may be given several times.
            """
        ),
        Setting(
            "header_map", .proxies, .headerMap, \.serve.headerMap,
            "Drop fields that an app could take for others, such as X_Forwarded_For, or refuse the request: drop or refuse."
        ),
    ]
}
