import Glibc
import HTTPWire

/// One request to `StaticFiles`.
struct StaticRequest {
    private let files: StaticFiles
    private let request: HTTPScope
    /// Made anew each time that the scope is asked.
    private let headers: Headers

    init(_ files: StaticFiles, _ request: HTTPScope) {
        self.files = files
        self.request = request
        headers = request.headers
    }

    func answer(_ send: ASGISend) async throws {
        guard request.method == "GET" || request.method == "HEAD" else {
            return try await send.refuse(405, "Method Not Allowed", ["allow": "GET, HEAD"])
        }
        guard let path = StaticPath(rawPath: request.rawPath, path: request.path, rootPath: request.rootPath) else { return try await send.refuseUnknown() }
        if path.isDirectory {
            guard let index = files.index else { return try await send.refuseUnknown() }
            return try await answer(with: (path.bytes.isEmpty ? [] : path.bytes + Self.slash) + index.utf8, send)
        }
        try await answer(with: path.bytes.isEmpty ? Self.root : path.bytes, send)
    }

    private func answer(with path: [UInt8], _ send: ASGISend) async throws {
        switch try files.tree.open(path) {
        case .nothing:
            try await send.refuseUnknown()
        case .directory:
            // Below an index that is itself a directory there is nothing.
            guard let index = files.index, let name = request.path.utf8.split(separator: Self.slash[0], omittingEmptySubsequences: false).last, !name.isEmpty,
                case .file = try files.tree.open(path + Self.slash + index.utf8)
            else { return try await send.refuseUnknown() }
            try await redirect(to: name, send)
        case .file(let file):
            if let whole = pathOfProxy(path) { return try await leaveToProxy(whole, send) }
            try await choose(path, file).answer(request.method, headers, send)
        }
    }

    /// To the same path with a slash behind it: relative to itself, so that it is the same whatever proxies have made of it, and never another host's.
    private func redirect(to name: some Sequence<UInt8>, _ send: ASGISend) async throws {
        let query = request.queryString
        let location = "./" + AccelMapping.encoded(name) + "/" + (query.isEmpty ? "" : "?" + query)
        try await send(.httpResponseStart(status: 301, headers: ["location": location, "x-content-type-options": "nosniff"]))
        try await send(.httpResponseBody())
    }

    /// The whole path of a file that a proxy sends; nil if none does.
    private func pathOfProxy(_ path: [UInt8]) -> String? {
        guard request.mayBeLeftToProxy else { return nil }
        let whole = Array(files.tree.root.utf8) + Self.slash + path
        return request.isLeftToProxy(whole) ? String(validating: whole, as: UTF8.self) : nil
    }

    /// The proxy sees to parts, conditions and compression itself.
    private func leaveToProxy(_ path: String, _ send: ASGISend) async throws {
        var headers: Headers = ["content-type": MediaTypes.type(of: path.utf8), "x-content-type-options": "nosniff"]
        if let maxAge = files.maxAge { headers.append(name: "cache-control", value: "max-age=\(maxAge.components.seconds)") }
        try await send(.httpResponseStart(status: 200, headers: headers))
        try await send(.httpResponsePathsend(path: path))
    }

    /// The file, or the sibling of it that the client likes best.
    private func choose(_ path: [UInt8], _ file: OpenFile) throws -> StaticResponse {
        let mediaType = MediaTypes.type(of: path)
        if files.servesPrecompressed, case let accepted = headers.values(for: "accept-encoding"), !accepted.isEmpty {
            for coding in AcceptedCodings(accepted).preferred {
                if case .file(let sibling) = try files.tree.open(path + coding.suffix.utf8) {
                    return StaticResponse(sibling, coding, mediaType: mediaType, maxAge: files.maxAge, varies: true)
                }
            }
        }
        return StaticResponse(file, nil, mediaType: mediaType, maxAge: files.maxAge, varies: files.servesPrecompressed)
    }

    private static let slash = [UInt8(ascii: "/")]
    /// The tree's root itself, as a system call has it.
    private static let root = [UInt8(ascii: ".")]
}

extension ASGISend {
    /// What is not there, or is not to be seen.
    fileprivate func refuseUnknown() async throws { try await refuse(404, "Not Found") }

    fileprivate func refuse(_ status: Int, _ reason: String, _ headers: Headers = [:]) async throws {
        var headers = headers
        headers.append(name: "content-type", value: "text/plain; charset=utf-8")
        headers.append(name: "x-content-type-options", value: "nosniff")
        try await self(.httpResponseStart(status: status, headers: headers))
        try await self(.httpResponseBody(ByteBuffer(string: reason + "\n")))
    }
}
