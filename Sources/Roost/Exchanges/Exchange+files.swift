import HTTPWire
import NIOCore

/// Files in responses.
extension Exchange {
    func send(path: String) throws(ASGIError) {
        if try handOver(path.utf8) { return }
        let file: FilePart
        do throws(FilePart.Refusal) {
            guard path.utf8.first == UInt8(ascii: "/") else { throw FilePart.Refusal("not an absolute path") }
            file = try FilePart(opening: path.utf8)
        } catch {
            refuseFile()
            throw .unsendableFile(path: path, code: error.code, reason: error.reason)
        }
        try send(file)
    }

    /// Whether a proxy has files of its own.
    package var hasAccelMap: Bool { !shared.accelMap.isEmpty }

    /// Whether a trusted proxy sends some files if they are the whole response.
    var mayBeLeftToProxy: Bool { hasAccelMap && origin.isForwarderTrusted }

    /// Whether a trusted proxy sends the file with this path if it is the whole response.
    func isLeftToProxy(_ path: [UInt8]) -> Bool {
        mayBeLeftToProxy && shared.accelMap.contains { $0.location(of: path) != nil }
    }

    /// Completes the response that was started by telling the proxy which of its files is the body, if it has this one; false if it has not.
    package func handOver(_ path: some Collection<UInt8>) throws(ASGIError) -> Bool {
        guard mayBeLeftToProxy, case .started(200, var headers) = response,
            let location = shared.accelMap.lazy.compactMap({ $0.location(of: path) }).first
        else { return false }
        // The proxy knows the length of what it sends.
        headers.remove(name: "content-length")
        headers.replaceOrAdd(name: "x-accel-redirect", value: location)
        response = .started(status: 200, headers: headers)
        announcesTrailers = false
        try send(body: ByteBuffer(), more: false)
        return true
    }

    /// Notes that a file that was to be sent cannot be: the application may answer anew.
    package func refuseFile() {
        if case .started = response { response = .unstarted }
    }

    /// Completes the response that was started with a file as its whole body, which is sent from now on.
    package func send(_ file: FilePart) throws(ASGIError) {
        if isCancelled { throw .clientGone }
        switch response {
        case .unstarted: throw .unexpectedEvent("http.response.pathsend was sent before http.response.start")
        case .complete, .trailing: throw .unexpectedEvent("http.response.pathsend was sent after the response was complete")
        case .streaming: throw .unexpectedEvent("http.response.pathsend was sent after http.response.body")
        case .started(_, let headers):
            // An announced length is how much of the file is meant. One that is no number, or too much, is refused with the rest of the head.
            if let announced = headers["content-length"].flatMap({ Int($0) }) { file.shorten(to: announced) }
            try put(file, more: false, isWhole: true)
        }
    }

    /// Takes a part of an open file as a piece of the body; false if the application should wait until it is sent.
    func send(_ descriptor: Int32, from offset: Int?, _ count: Int?, more: Bool) throws(ASGIError) -> Bool {
        if isCancelled { throw .clientGone }
        let file: FilePart
        let end: Int
        do throws(FilePart.Refusal) {
            let start = if let offset { offset } else { try FilePart.position(of: descriptor) }
            file = try FilePart(sharing: descriptor, from: start, count: count)
            end = start + file.count
        } catch {
            refuseFile()
            throw .unsendableFile(path: "descriptor \(descriptor)", code: error.code, reason: error.reason)
        }
        let mayGoOn = try send(file, more: more)
        if offset == nil { FilePart.setPosition(of: descriptor, to: end) }
        return mayGoOn
    }

    /// Takes a file as a piece of the body; false if the application should wait until it is sent.
    package func send(_ file: FilePart, more: Bool) throws(ASGIError) -> Bool {
        if isCancelled { throw .clientGone }
        switch response {
        case .unstarted: throw .unexpectedEvent("http.response.zerocopysend was sent before http.response.start")
        case .complete, .trailing: throw .unexpectedEvent("http.response.zerocopysend was sent after the response was complete")
        case .started, .streaming: try put(file, more: more)
        }
        return more ? mayGoOn(after: 0) : true
    }

    /// - Parameter isWhole: whether nothing comes behind the file, not even trailer fields.
    private func put(_ file: FilePart, more: Bool, isWhole: Bool = false) throws(ASGIError) {
        let count = file.count
        let awaitsTrailers = !isWhole && self.awaitsTrailers
        hasFile = true
        if let wire {
            if case .started(let status, let headers) = response {
                sentStatus = status
                do throws(ASGIError) {
                    try wire.start(for: self, status: status, headers: withPolicy(headers), file: file, more: more || awaitsTrailers)
                } catch {
                    if case .invalidResponse = error {
                        response = .unstarted
                        sentStatus = 0
                    } else {
                        response = .streaming
                    }
                    throw error
                }
            } else {
                try wire.write(file, more: more || awaitsTrailers)
            }
            sentBytes &+= count
        }
        response = .streaming
        guard !more else { return }
        if awaitsTrailers { response = .trailing } else { finish() }
    }
}
