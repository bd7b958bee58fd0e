"""Asks the test app over HTTP/2 on the Unix socket that is given, and prints what came of it as JSON. It runs in the apps' environment, which has httpx."""

import json
import os
import sys
import threading

import httpx


def main():
    found = {}
    with httpx.Client(transport=httpx.HTTPTransport(uds=sys.argv[1], http1=False, http2=True), base_url="http://hello.example", timeout=60) as client:
        body = os.urandom(2 << 20)
        answer = client.post("/echo", content=(body[start:start + 50000] for start in range(0, len(body), 50000)))
        found["version"], found["echo"] = answer.http_version, answer.content == body
        answers = []
        # No larger than the window: where one of its threads reads what opens the window of another's stream, that one waits for more (httpcore 1.0).
        small = body[:48 << 10]
        asking = [threading.Thread(target=lambda: answers.append(client.post("/echo", content=small).content == small)) for _ in range(5)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        found["at once"] = answers == [True] * 5
        found["trailers"] = client.get("/trailers").text
        try:
            client.get("/fail")
        except httpx.RemoteProtocolError:
            found["failed"] = True
        # Left in the middle.
        with client.stream("GET", "/wait") as response:
            found["begun"] = next(response.iter_text())
    print(json.dumps(found))


main()
