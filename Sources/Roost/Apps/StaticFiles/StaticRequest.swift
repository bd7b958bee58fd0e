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
            return try await answer(with: path.names + [Array(index.utf8)], send)
        }
        try await answer(with: path.names, send)
    }

    private func answer(with names: [[UInt8]], _ send: ASGISend) async throws {
        let path = Self.joined(names)
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
            if try await leaveToProxy(path, send) { return }
            let response = try choose(path, file)
            try await response.answer(request.method, headers, send)
        }
    }

    /// To the same path with a slash behind it: relative to itself, so that it is the same whatever proxies have made of it, and never another host's.
    private func redirect(to name: some Sequence<UInt8>, _ send: ASGISend) async throws {
        let query = request.queryString
        let location = "./" + AccelMapping.encoded(name) + "/" + (query.isEmpty ? "" : "?" + query)
        try await send(.httpResponseStart(status: 301, headers: ["location": location, "x-content-type-options": "nosniff"]))
        try await send(.httpResponseBody())
    }

    /// Whether a proxy sends the file. It sees to parts, conditions and compression itself.
    private func leaveToProxy(_ path: [UInt8], _ send: ASGISend) async throws -> Bool {
        let whole = Array(files.tree.root.utf8) + Self.slash + path
        guard request.isLeftToProxy(whole), let text = String(validating: whole, as: UTF8.self) else { return false }
        var headers: Headers = ["content-type": MediaTypes.type(of: path), "x-content-type-options": "nosniff"]
        if let maxAge = files.maxAge { headers.append(name: "cache-control", value: "max-age=\(maxAge.components.seconds)") }
        try await send(.httpResponseStart(status: 200, headers: headers))
        try await send(.httpResponsePathsend(path: text))
        return true
    }

    /// The file, or the sibling of it that the client likes best.
    private func choose(_ path: [UInt8], _ file: StaticTree.File) throws -> StaticResponse {
        var response = StaticResponse(file, mediaType: MediaTypes.type(of: path), maxAge: files.maxAge, varies: files.servesPrecompressed)
        guard files.servesPrecompressed else { return response }
        for coding in AcceptedCodings(headers.values(for: "accept-encoding")).preferred {
            if case .file(let sibling) = try files.tree.open(path + coding.suffix.utf8) {
                response.file = sibling
                response.coding = coding
                break
            }
        }
        return response
    }

    private static let slash = [UInt8(ascii: "/")]

    private static func joined(_ names: [[UInt8]]) -> [UInt8] { names.isEmpty ? [UInt8(ascii: ".")] : Array(names.joined(separator: slash)) }
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
