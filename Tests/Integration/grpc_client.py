"""Calls every kind of method of the test app by gRPC at the address that is given, and prints what came of it as JSON. It runs in an environment of its
own that has grpcio."""

import json
import sys
import threading

import grpc


def main():
    address, found = sys.argv[1], {}
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        def method(kind, name):
            return getattr(channel, kind)("/test.Service/" + name)

        found["unary"] = method("unary_unary", "Unary")(b"abc", timeout=30).decode()
        found["large"] = method("unary_unary", "Unary")(b"x" * 2000000, timeout=30) == b"x" * 2000000
        found["server streaming"] = [answer.decode() for answer in method("unary_stream", "ServerStreaming")(b"500", timeout=30)] == [str(n) for n in range(500)]
        found["client streaming"] = method("stream_unary", "ClientStreaming")((b"y" * 1000 for _ in range(300)), timeout=30).decode()
        found["both"] = both(method("stream_stream", "Both"))
        for name in ("Fail", "Missing"):
            try:
                method("unary_unary", name)(b"", timeout=30)
            except grpc.RpcError as error:
                found[name] = [error.code().name, error.details()]
        try:
            method("unary_unary", "Wait")(b"", timeout=0.5)
        except grpc.RpcError as error:
            found["deadline"] = error.code().name
        call = method("unary_unary", "Wait").future(b"", timeout=30)
        threading.Timer(0.3, call.cancel).start()
        try:
            call.result()
        except grpc.FutureCancelledError:
            found["cancelled"] = True
        found["afterwards"] = method("unary_unary", "Unary")(b"still", timeout=30).decode()
    print(json.dumps(found))


def both(call):
    """Sends each message when the answer to the one before is there."""
    came, answers = threading.Semaphore(1), []

    def questions():
        for word in (b"one", b"two", b"three"):
            came.acquire()
            yield word

    for answer in call(questions(), timeout=30):
        answers.append(answer.decode())
        came.release()
    return answers


main()
