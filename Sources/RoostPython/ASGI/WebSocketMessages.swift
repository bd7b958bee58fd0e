import CPython
import HTTPWire
import Roost

/// A message that an application gives to the `send` of a WebSocket.
enum WebSocketSendMessage {
    case event(ASGISendEvent)
    /// `websocket.send`; the content, a `str` or something with bytes, lives as long as Python's message.
    case message(WebSocketMessageKind, PyPointer)
}

extension ASGIMessages {
    /// - Throws: `PythonRaised` with an exception that says what is wrong with the message.
    func readWebSocket(_ message: PyPointer) throws(PythonRaised) -> WebSocketSendMessage {
        let name = try type(of: message)
        if name.equals("websocket.send") { return try content(message) }
        if name.equals("websocket.accept") { return .event(try accept(message)) }
        if name.equals("websocket.close") {
            return .event(.websocketClose(code: try number(in: message, at: interned.code) ?? 1000, reason: try text(in: message, at: interned.reason) ?? ""))
        }
        if name.equals("websocket.http.response.start") {
            return .event(.websocketHTTPResponseStart(status: try status(message), headers: try fields(message)))
        }
        if name.equals("websocket.http.response.body") {
            let (body, more) = try piece(message)
            return .event(.websocketHTTPResponseBody(body, more: more))
        }
        throw unexpected(name)
    }

    /// With both, the bytes are sent, as other servers do.
    private func content(_ message: PyPointer) throws(PythonRaised) -> WebSocketSendMessage {
        if let bytes = PyDict_GetItemWithError(message, interned.bytes), bytes != Py_None() { return .message(.binary, bytes) }
        if let text = PyDict_GetItemWithError(message, interned.text), text != Py_None() { return .message(.text, text) }
        if PyErr_Occurred() != nil { throw PythonRaised() }
        throw raise(cpython_objects().pointee.runtime_error, "the ASGI message \"websocket.send\" has neither \"bytes\" nor \"text\"")
    }

    private func accept(_ message: PyPointer) throws(PythonRaised) -> ASGISendEvent {
        let subprotocol = try text(in: message, at: interned.subprotocol)
        return .websocketAccept(subprotocol: subprotocol, headers: try fields(message))
    }

    /// What is there as a text; nil if nothing is, or None.
    private func text(in message: PyPointer, at key: PyPointer) throws(PythonRaised) -> String? {
        guard let value = PyDict_GetItemWithError(message, key) else {
            if PyErr_Occurred() != nil { throw PythonRaised() }
            return nil
        }
        guard value != Py_None() else { return nil }
        return try withUTF8(of: value) { String(decoding: $0, as: UTF8.self) }
    }
}

/// Calls `body` with the UTF-8 of a `str`.
///
/// - Throws: `PythonRaised` with a TypeError if it is none, or a UnicodeEncodeError if it has none.
func withUTF8<Result>(of object: PyPointer, _ body: (UnsafeRawBufferPointer) -> Result) throws(PythonRaised) -> Result {
    guard let type = cpython_objects().pointee.unicode_type, cpython_is_instance(object, type) != 0 else {
        throw raise(cpython_objects().pointee.type_error, "a text of an ASGI message is a str")
    }
    var count = 0
    guard let start = PyUnicode_AsUTF8AndSize(object, &count) else { throw PythonRaised() }
    return body(UnsafeRawBufferPointer(start: start, count: count))
}
