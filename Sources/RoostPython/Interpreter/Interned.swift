import CPython

/// Objects that are used for every request, made once and kept.
///
/// `@unchecked Sendable`: immutable references to immutable objects, touched by threads that hold the GIL only.
struct Interned: @unchecked Sendable {
    let type, asgi, httpVersion, serverKey, client, scheme, method, rootPath, path, rawPath, queryString, headers, state, extensions: PyPointer
    let http, https, version10, version11, version2, get, post, slash, emptyBytes, emptyText: PyPointer
    let httpRequest, httpDisconnect, body, moreBody, status, trailers, moreTrailers, links, file, offset, count: PyPointer
    let websocket, ws, wss, subprotocols, subprotocol, text, bytes, code, reason: PyPointer
    let websocketConnect, websocketReceive, websocketDisconnect: PyPointer
    let requestID: RequestVariable
    let traceID: TraceIDVariable

    init() throws(PythonRaised) {
        func name(_ text: String) throws(PythonRaised) -> PyPointer {
            try PythonReference(PyUnicode_InternFromString(text)).release()
        }
        type = try name("type")
        asgi = try name("asgi")
        httpVersion = try name("http_version")
        serverKey = try name("server")
        client = try name("client")
        scheme = try name("scheme")
        method = try name("method")
        rootPath = try name("root_path")
        path = try name("path")
        rawPath = try name("raw_path")
        queryString = try name("query_string")
        headers = try name("headers")
        state = try name("state")
        extensions = try name("extensions")
        http = try name("http")
        https = try name("https")
        version10 = try name("1.0")
        version2 = try name("2")
        version11 = try name("1.1")
        get = try name("GET")
        post = try name("POST")
        slash = try name("/")
        emptyBytes = try PythonReference(PyBytes_FromStringAndSize(nil, 0)).release()
        emptyText = try name("")
        httpRequest = try name("http.request")
        httpDisconnect = try name("http.disconnect")
        body = try name("body")
        moreBody = try name("more_body")
        status = try name("status")
        trailers = try name("trailers")
        moreTrailers = try name("more_trailers")
        links = try name("links")
        file = try name("file")
        offset = try name("offset")
        count = try name("count")
        websocket = try name("websocket")
        ws = try name("ws")
        wss = try name("wss")
        subprotocols = try name("subprotocols")
        subprotocol = try name("subprotocol")
        text = try name("text")
        bytes = try name("bytes")
        code = try name("code")
        reason = try name("reason")
        websocketConnect = try name("websocket.connect")
        websocketReceive = try name("websocket.receive")
        websocketDisconnect = try name("websocket.disconnect")
        requestID = try RequestVariable("roost.request_id")
        traceID = try TraceIDVariable()
    }
}
