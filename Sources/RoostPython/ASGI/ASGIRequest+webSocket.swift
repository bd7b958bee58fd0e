import CPython
import HTTPWire
import Roost

extension ASGIRequest {
    /// `send` in a websocket scope.
    func sendOnWebSocket(_ message: PyPointer) -> PyPointer? {
        do throws(PythonRaised) {
            let mayGoOn: Bool
            switch try application.messages.readWebSocket(message) {
            case .message(let kind, let content): mayGoOn = try send(kind, content)
            case .event(let event): mayGoOn = try send(event)
            }
            return mayGoOn ? returning(application.ready) : try roomToCome()
        } catch {
            return nil
        }
    }

    private func send(_ kind: WebSocketMessageKind, _ content: PyPointer) throws(PythonRaised) -> Bool {
        guard !hasClosedWebSocket else {
            throw raise(cpython_objects().pointee.runtime_error, "websocket.send was sent after websocket.close")
        }
        guard exchange.onLoop({ !exchange.isWebSocketLost() }) else { throw refused(.clientGone) }
        let put = { [exchange] (bytes: UnsafeRawBufferPointer) -> Result<Bool, ASGIError> in
            exchange.onLoop {
                do throws(ASGIError) {
                    return .success(try exchange.send(kind, bytes.bindMemory(to: UInt8.self).span))
                } catch {
                    return .failure(error)
                }
            }
        }
        let sent = kind == .text ? try withUTF8(of: content, put) : try withBytes(of: content, put)
        // Nothing of Python's is looked at any more.
        exchange.onLoop { application.settle(exchange) }
        do throws(ASGIError) {
            return try sent.get()
        } catch {
            throw refused(error)
        }
    }

    private func send(_ event: ASGISendEvent) throws(PythonRaised) -> Bool {
        let mayGoOn: Bool
        do throws(ASGIError) {
            mayGoOn = try exchange.onLoop { () throws(ASGIError) in
                defer { application.settle(exchange) }
                return try exchange.send(event)
            }
        } catch {
            throw refused(error)
        }
        if case .websocketClose = event { hasClosedWebSocket = true }
        return mayGoOn
    }
}
