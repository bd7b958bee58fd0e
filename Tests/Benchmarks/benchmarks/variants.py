"""What knowing the caller costs, writing it down, and counting: Roost beside a Roost that differs in one thing."""

from dataclasses import dataclass

from .loads import HELLO, Load
from .proxy_headers import binary_header, offloaded_tls_header, text_header

# As nginx sends them to an upstream, when it is told to set all four.
NGINX_FIELDS = (
    ("X-Forwarded-For", "203.0.113.7"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "www.example.org"),
    ("X-Forwarded-Port", "443"),
)
BELIEVE = ("--forwarded-allow-ips", "unix:")
BELIEVE_ALL = BELIEVE + ("--forwarded-headers", ",".join(name.lower() for name, _ in NGINX_FIELDS))


@dataclass(frozen=True)
class Variant:
    """One Roost: `beside` names the variant that its figure is divided by, `most` is what the quotient may be."""

    name: str
    title: str
    load: Load
    flags: tuple[str, ...] = ()
    beside: str | None = None
    most: float | None = None
    # Sent first on every connection.
    preamble: bytes = b""
    access_log: bool = False
    # The access log goes to the journal.
    journal: bool = False
    # There is somebody to show metrics to.
    admin_socket: bool = False


@dataclass(frozen=True)
class Comparison:
    """Variants whose cost is counted by the same unit, a request or a connection."""

    name: str
    title: str
    unit: str
    variants: tuple[Variant, ...]


def who_load(client: str, scheme: str, host: str) -> Load:
    """`GET /who`, whose answer shows what the application was told."""
    return Load("who", "who", "/who", f"{client} {scheme} {host}".encode().ljust(64), (), fields=NGINX_FIELDS)


BARE = Load("bare", "hello", "/", HELLO, ())
WITH_FIELDS = Load("fields", "hello with forwarded fields", "/", HELLO, (), fields=NGINX_FIELDS)
ONCE = Load("once", "hello and close", "/", HELLO, (), fields=(("Connection", "close"),))

FORWARDED = Comparison(
    "forwarded",
    "forwarded fields",
    "request",
    (
        Variant("hello", "hello, no fields", BARE),
        Variant("hello-fields", "hello, fields passed on", WITH_FIELDS, beside="hello"),
        Variant("hello-believed", "hello, fields believed", WITH_FIELDS, BELIEVE, beside="hello-fields", most=1.03),
        Variant("who-fields", "app that asks who, fields passed on", who_load("-", "http", "localhost")),
        Variant("who-believed", "app that asks who, fields believed", who_load("203.0.113.7", "https", "localhost"), BELIEVE, beside="who-fields"),
        Variant(
            "who-all-believed",
            "app that asks who, host and port believed too",
            who_load("203.0.113.7", "https", "www.example.org"),
            BELIEVE_ALL,
            beside="who-fields",
        ),
        Variant("hello-no-id", "hello, no request id in answers", BARE, ("--no-include-request-id-header",), beside="hello"),
    ),
)

PROXY = Comparison(
    "proxy",
    "PROXY header",
    "connection",
    (
        Variant("off", "off", ONCE),
        Variant("auto", "auto, no header", ONCE, ("--proxy-protocol", "auto"), beside="off"),
        Variant("v1", "required, v1", ONCE, ("--proxy-protocol", "required"), beside="off", preamble=text_header()),
        Variant("v2", "required, v2", ONCE, ("--proxy-protocol", "required"), beside="off", preamble=binary_header()),
        Variant("v2-tls", "required, v2 with TLS's TLVs", ONCE, ("--proxy-protocol", "required"), beside="off", preamble=offloaded_tls_header()),
    ),
)

LOGS = Comparison(
    "logs",
    "the access log",
    "request",
    (
        Variant("log-off", "off", BARE),
        Variant("log-file", "file", BARE, beside="log-off", most=1.12, access_log=True),
        Variant("log-json", "file, JSON", BARE, ("--access-log-format", "json"), beside="log-off", access_log=True),
        # No journal takes as many as h2load asks for: the rest are dropped.
        Variant("log-journal", "journal", BARE, beside="log-off", journal=True),
    ),
)

METRICS = Comparison(
    "metrics",
    "metrics",
    "request",
    (
        Variant("metrics-off", "off", BARE),
        Variant("metrics-on", "admin socket", BARE, beside="metrics-off", most=1.03, admin_socket=True),
        Variant("metrics-slow", "admin socket, slow requests watched", BARE, ("--slow-request", "5s"), beside="metrics-off", admin_socket=True),
    ),
)

COMPARISONS = [FORWARDED, PROXY, LOGS, METRICS]
