import HTTPWire

/// What comes in: heads, and the bodies behind them.
extension HTTP1Connection {
    /// Uses what it can of `input`.
    func consumeInput() {
        guard !isConsuming, inputStart < input.count else { return }
        isConsuming = true
        let bytes = input
        let used = consume(bytes.span.extracting(inputStart..<bytes.count))
        isConsuming = false
        // The end of the connection has forgotten the input.
        inputStart = input.isEmpty ? 0 : inputStart + used
        if inputStart == input.count {
            input = []
            inputStart = 0
        } else if inputStart > Self.discardLimit {
            input.removeSubrange(..<inputStart)
            inputStart = 0
        }
    }

    /// Uses what it can of `bytes`; returns how many that are.
    func consume(_ bytes: Span<UInt8>) -> Int {
        var used = 0
        while used < bytes.count {
            let rest = bytes.extracting(used..<bytes.count)
            switch phase {
            case .idle, .head:
                guard hasRoom else { return used }
                if requestCount == 0, shared.takesHTTP2, origin.tls == nil {
                    switch HTTP2Connection.match(preface: rest) {
                    case .none: break
                    case .partial:
                        phase = .head
                        return used
                    case .whole:
                        becomeHTTP2(rest)
                        return bytes.count
                    }
                }
                switch parseHead(rest) {
                case .needMore:
                    return used
                case .complete(let head, let length):
                    used += length
                    startExchange(head, body: bytes, from: &used)
                case .rejected(let rejection):
                    if requestCount == 0, ProxyPreamble.begins(rest) {
                        refuseHeader(status: rejection.status, unwantedHeader)
                    } else {
                        rejectHead(rejection)
                    }
                    return bytes.count
                }
            case .receivingBody:
                used += consumeBody(rest)
                if case .receivingBody = phase { return used }
            case .discardingBody:
                used += discard(rest)
                if case .discardingBody = phase { return used }
            case .webSocket:
                exchange?.webSocket?.received(rest)
                return bytes.count
            case .responding:
                return used
            case .ended:
                return bytes.count
            }
        }
        return used
    }

    /// Leaves the connection to HTTP/2, whose preface it begins with.
    private func becomeHTTP2(_ bytes: Span<UInt8>) {
        let successor = HTTP2Connection(shared: shared, origin: origin)
        successor.http2Presence = HTTP2Presence(shared.status)
        phase = .ended
        transport?.replaceConnection(with: successor)
        successor.received(bytes)
        if shared.isDraining { successor.drain() }
    }

    private func parseHead(_ bytes: Span<UInt8>) -> RequestParser.Outcome {
        // The loop's parser serves all heads that arrive whole; only one that comes in pieces needs a parser that remembers.
        let outcome = partialHead?.parse(bytes) ?? shared.parseHead(bytes)
        guard case .needMore = outcome else {
            if partialHead != nil { partialHead = nil }
            return outcome
        }
        if partialHead == nil { partialHead = shared.takeParser() }
        if case .idle = phase {
            phase = .head
            if requestCount > 0 { mark = shared.loop.now }
        }
        return outcome
    }

    /// What the operator is told about a PROXY header where a request should be: the likeliest mistake is a proxy that sends it unasked.
    private var unwantedHeader: String {
        origin.proxyHeader == nil
            ? "a PROXY header came, which this bind does not take: set proxy_protocol if the proxy in front is to send it"
            : "a second PROXY header came: only the last proxy may send one"
    }

    private func startExchange(_ head: consuming RequestHead, body bytes: Span<UInt8>, from used: inout Int) {
        requestCount &+= 1
        let hasBody = head.framing != .none
        expectsContinue = hasBody && head.expectsContinue
        let exchange = Exchange(head: head, hasBody: hasBody, number: requestCount, origin: origin, shared: shared, wire: self)
        response = ResponseWriter(to: exchange.head)
        self.exchange = exchange
        if let rejection = shared.refusal(of: exchange) { return reject(rejection) }
        if exchange.head.wantsUpgrade, shared.servesWebSockets {
            switch WebSocketHandshake.check(exchange.head) {
            case .notWebSocket: break
            case .rejected(let rejection): return reject(rejection)
            case .accepted(let handshake):
                self.handshake = handshake
                exchange.isForWebSocket(handshake.offer)
            }
        }
        if hasBody {
            bodyReader = BodyReader(exchange.head.framing, limit: shared.limits.maxBodySize, trailerLimits: shared.trailerLimits)
            phase = .receivingBody
            mark = shared.loop.now
            used += consumeBody(bytes.extracting(used..<bytes.count))
            // A body that is refused at once is none of the application's business.
            if case .ended = phase { return }
        } else {
            phase = .responding
            if readWillEnd { exchange.receiveDisconnect() }
        }
        shared.exchangeStarted(exchange)
        shared.start(exchange)
    }

    private func consumeBody(_ bytes: Span<UInt8>) -> Int {
        var used = 0
        while true {
            let rest = bytes.extracting(used..<bytes.count)
            switch bodyReader.next(rest) {
            case .needMore(let consumed):
                return used + consumed
            case .data(let range, let consumed):
                expectsContinue = false
                exchange?.append(body: rest.extracting(range))
                used += consumed
                // The application, told of the body, may have ended the exchange.
                guard case .receivingBody = phase else { return used }
            case .end(let consumed):
                phase = .responding
                expectsContinue = false
                exchange?.completeBody()
                if readWillEnd { exchange?.receiveDisconnect() }
                return used + consumed
            case .rejected(let rejection):
                reject(rejection)
                return bytes.count
            }
        }
    }

    private func discard(_ bytes: Span<UInt8>) -> Int {
        var used = 0
        while true {
            switch bodyReader.next(bytes.extracting(used..<bytes.count)) {
            case .needMore(let consumed):
                return used + consumed
            case .data(_, let consumed):
                used += consumed
            case .end(let consumed):
                awaitNextRequest()
                return used + consumed
            case .rejected:
                end(.afterOutput(lingering: true))
                return bytes.count
            }
        }
    }
}
