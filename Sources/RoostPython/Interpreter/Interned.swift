import CPython

/// Objects that are used for every request, made once and kept.
///
/// `@unchecked Sendable`: immutable references to immutable objects, touched by threads that hold the GIL only.
struct Interned: @unchecked Sendable {
    let type, name, asgi, httpVersion, serverKey, client, scheme, method, rootPath, path, rawPath, queryString, headers, state, extensions: PyPointer
    let http, https, version10, version11, version2, get, post, slash, emptyBytes, emptyText: PyPointer
    let httpRequest, httpDisconnect, body, moreBody, status, trailers, moreTrailers, links, file, offset, count: PyPointer
    let websocket, ws, wss, subprotocols, subprotocol, text, bytes, code, reason: PyPointer
    let websocketConnect, websocketReceive, websocketDisconnect: PyPointer
    let requestID: RequestVariable
    let traceID: TraceIDVariable

    init() throws(PythonRaised) {
        func interned(_ text: String) throws(PythonRaised) -> PyPointer {
            try PythonReference(PyUnicode_InternFromString(text)).release()
        }
        type = try interned("type")
        name = try interned("name")
        asgi = try interned("asgi")
        httpVersion = try interned("http_version")
        serverKey = try interned("server")
        client = try interned("client")
        scheme = try interned("scheme")
        method = try interned("method")
        rootPath = try interned("root_path")
        path = try interned("path")
        rawPath = try interned("raw_path")
        queryString = try interned("query_string")
        headers = try interned("headers")
        state = try interned("state")
        extensions = try interned("extensions")
        http = try interned("http")
        https = try interned("https")
        version10 = try interned("1.0")
        version2 = try interned("2")
        version11 = try interned("1.1")
        get = try interned("GET")
        post = try interned("POST")
        slash = try interned("/")
        emptyBytes = try PythonReference(PyBytes_FromStringAndSize(nil, 0)).release()
        emptyText = try interned("")
        httpRequest = try interned("http.request")
        httpDisconnect = try interned("http.disconnect")
        body = try interned("body")
        moreBody = try interned("more_body")
        status = try interned("status")
        trailers = try interned("trailers")
        moreTrailers = try interned("more_trailers")
        links = try interned("links")
        file = try interned("file")
        offset = try interned("offset")
        count = try interned("count")
        websocket = try interned("websocket")
        ws = try interned("ws")
        wss = try interned("wss")
        subprotocols = try interned("subprotocols")
        subprotocol = try interned("subprotocol")
        text = try interned("text")
        bytes = try interned("bytes")
        code = try interned("code")
        reason = try interned("reason")
        websocketConnect = try interned("websocket.connect")
        websocketReceive = try interned("websocket.receive")
        websocketDisconnect = try interned("websocket.disconnect")
        requestID = try RequestVariable("roost.request_id")
        traceID = try TraceIDVariable()
    }
}
