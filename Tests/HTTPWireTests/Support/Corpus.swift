/// Requests that are right, and ones that are not, for tests that need many of both.
enum Corpus {
    static let valid: [Input] = [
        Input(request()),
        "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: h2load nghttp2/1.52.0\r\n\r\n",
        "GET /a%20b/c?d=e&f=%zz?g HTTP/1.1\r\nhOsT: Example.com:8080\r\n\r\n",
        "HEAD /x HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /upload HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://h/p?q HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET https://h?q HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.9\r\nHost: h\r\nX: \t a\tb \t\r\nEmpty:\r\nX: \u{E9}\u{FF}\u{80}\r\n\r\n",
        Input(request("GET /ws HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")),
        Input(request("PATCH /very/long/path/with/many/segments/and/more/of/them.html HTTP/1.1", "X!#$%&'*+-.^_`|~09: odd name", "Cookie: a=b; c=d", "Cookie: e=f")),
    ]

    static let invalid: [Input] = [
        "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /\n\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.10\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n",
        Input(request("GET /%4 HTTP/1.1")),
        Input(request("GET ftp://h/ HTTP/1.1")),
        Input(request("GET / HTTP/1.1", "Host: h")),
        Input(request("GET / HTTP/1.1", "A : b")),
        Input(request("GET / HTTP/1.1", " folded")),
        Input(request("GET / HTTP/1.1", "A: \u{0}")),
        Input(request("GET / HTTP/1.1", "A: b\rc")),
        Input(request("GET / HTTP/1.1", ": b")),
        Input(request("POST / HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: chunked")),
        Input(request("POST / HTTP/1.1", "Content-Length: 1, 1")),
        Input(request("POST / HTTP/1.1", "Transfer-Encoding: chunked, identity")),
        Input(request("POST / HTTP/1.1", "Transfer-Encoding: gzip")),
        Input(request("POST / HTTP/1.1", "Content-Length: 1", "Expect: 200-ok")),
    ]

    static let chunked: [Input] = [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\nGET",
        "5;a=b;c=\"d\"\r\nhello\r\n0000A ; x\r\n",
        "1\r\na\r\n2\r\nbc\r\n00\r\nX-Sum: 1\r\nY: \t2 \r\n\r\nrest",
        "A\r\n0123456789\r\nb\r\n0123456789a\r\n0;last\r\n\r\n",
        "7fffffffffffffff\r\nabc",
        "5\nhello",
        "5\r\nhelloX\r\n",
        "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n",
    ]
}
