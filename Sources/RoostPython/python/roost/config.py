"""How an app is served; `Config` has Hypercorn's attribute names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from ._hypercorn import ELSEWHERE
from ._setting import Address, Setting, addresses, level, list_of_text, octal, path_prefix, tables, text_or_none, verification

__all__ = ["Config"]

Seconds = Union[float, str, None]
"""Seconds, or text such as ``"1m30s"``; None where a limit can be switched off."""
Bytes = Union[int, str, None]
"""Bytes, or text such as ``"16MiB"``; None where a limit can be switched off."""
Texts = Union[str, Iterable[str]]
Mode = Union[int, str, None]
Account = Union[int, str, None]


class Config:
    """What `serve` needs to know.

    What is not set has Roost's default. A name that does not exist is an AttributeError that says which one was probably
    meant; a name of Hypercorn's that means nothing here is one that says what to do instead. Values are checked when
    serving begins: what does not fit is a ValueError then.
    """

    _values: dict[str, Any]

    def __init__(self) -> None:
        object.__setattr__(self, "_values", {})

    # Listening
    bind = Setting[list[Address], Union[str, Mapping[str, Any], Iterable[Union[str, Mapping[str, Any]]]]]("bind", ["127.0.0.1:8000"], addresses)
    """Where to listen: ``host:port``, ``unix:/path``, ``unix:@name``, ``fd://N``, ``systemd:`` or ``systemd:NAME``; or a table such as
    ``{"address": "unix:/path", "proxy_protocol": "v2"}``."""
    backlog = Setting[int, int]("backlog", 2048)
    """How many connections may wait to be accepted."""
    reuse_port = Setting[bool, bool]("reuse_port", False)
    """Whether TCP sockets have SO_REUSEPORT."""
    socket_mode = Setting[Optional[str], Mode]("socket_mode", "0660", octal)
    """The mode of Unix sockets, as a number (0o660) or as octal digits ("0660")."""
    socket_user = user = Setting[Optional[str], Account]("socket_user", None, text_or_none)
    """Whom Unix sockets belong to, by name or number."""
    socket_group = group = Setting[Optional[str], Account]("socket_group", None, text_or_none)
    """Which group Unix sockets belong to, by name or number."""
    socket_make_dirs = Setting[bool, bool]("socket_make_dirs", False)
    """Whether a Unix socket's missing directories are made."""
    umask = Setting[Optional[str], Mode]("umask", None, octal)
    """The mask under which missing socket directories are made."""
    allow_peer_user = Setting[list[str], Texts]("allow_peer_user", [], list_of_text)
    """Users whose processes alone are served on Unix sockets; empty for everyone."""
    allow_peer_group = Setting[list[str], Texts]("allow_peer_group", [], list_of_text)
    """Groups whose processes alone are served on Unix sockets; empty for everyone."""

    # TLS
    certfile = Setting[Optional[str], Union[str, "os.PathLike[str]", None]]("certfile", None, text_or_none)
    """The PEM file of the certificate and its chain, with which every bind speaks TLS; None for clear text."""
    keyfile = Setting[Optional[str], Union[str, "os.PathLike[str]", None]]("keyfile", None, text_or_none)
    """The PEM file of the private key; None for the one of the certificate."""
    keyfile_password = Setting[Optional[str], Optional[str]]("keyfile_password", None)
    """What the key is encrypted with."""
    certificate = Setting[list[dict[str, Any]], Union[Mapping[str, Any], Iterable[Mapping[str, Any]]]]("certificate", [], tables)
    """Further certificates, each for the names that clients ask for: tables with certfile, keyfile, keyfile_password, server_names."""
    ca_certs = Setting[Optional[str], Union[str, "os.PathLike[str]", None]]("ca_certs", None, text_or_none)
    """The PEM file of the authorities whose client certificates are accepted."""
    verify_mode = cert_reqs = Setting[str, Union[str, int, None]]("verify_mode", "none", verification)
    """Whether clients are asked for a certificate: none, optional or required, or a value of ssl.VerifyMode."""
    ciphers = Setting[str, str]("ciphers", "ECDHE+AESGCM:ECDHE+CHACHA20")
    """The cipher suites of TLS 1.2, as OpenSSL lists them."""
    tls_min_version = Setting[str, str]("tls_min_version", "1.2")
    """The lowest version of TLS that is spoken: 1.2 or 1.3."""
    alpn_protocols = Setting[list[str], Texts]("alpn_protocols", ["h2", "http/1.1"], list_of_text)
    """The protocols that are offered inside of TLS, the preferred one first."""
    ssl_handshake_timeout = Setting[Seconds, Seconds]("ssl_handshake_timeout", 60.0)
    """For the handshake of a connection."""
    insecure_bind = Setting[list[str], Texts]("insecure_bind", [], list_of_text)
    """Where to listen in clear text beside bind."""
    hsts = Setting[Seconds, Seconds]("hsts", None)
    """For how long browsers are told to come by https alone; None for not at all."""
    hsts_include_subdomains = Setting[bool, bool]("hsts_include_subdomains", False)
    """Whether the names below the host are meant too."""
    hsts_preload = Setting[bool, bool]("hsts_preload", False)
    """Whether browsers' makers may put the host on their lists."""
    https_redirect = Setting[bool, bool]("https_redirect", False)
    """Whether what comes by http is sent to the same place by https."""

    # Proxies
    proxy_protocol = Setting[str, str]("proxy_protocol", "off")
    """Whether connections begin with a PROXY header: off, auto, v1, v2 or required."""
    proxy_allow_from = Setting[list[str], Texts]("proxy_allow_from", ["unix:", "127.0.0.0/8", "::1"], list_of_text)
    """Who may send a PROXY header: addresses, networks, ``unix:`` or ``*``."""
    forwarded_allow_ips = Setting[list[str], Texts]("forwarded_allow_ips", [], list_of_text)
    """Whose forwarded fields are believed: addresses, networks, ``unix:`` or ``*``."""
    forwarded_hops = Setting[Optional[int], Optional[int]]("forwarded_hops", None)
    """How many right-most entries of forwarded fields are believed, whoever sends them."""
    forwarded_headers = Setting[list[str], Texts]("forwarded_headers", ["x-forwarded-for", "x-forwarded-proto"], list_of_text)
    """The forwarded fields that the proxy sets itself."""
    accel_map = Setting[list[str], Texts]("accel_map", [], list_of_text)
    """Directories whose files the proxy sends, and what it calls them: ``/srv/shop/files=/protected``."""
    header_map = Setting[str, str]("header_map", "drop")
    """What becomes of fields that could be taken for others: drop or refuse."""

    # The app and its responses
    root_path = Setting[str, str]("root_path", "", path_prefix)
    """The path under which the proxy mounts the app."""
    server_names = Setting[list[str], Texts]("server_names", [], list_of_text)
    """The hosts that requests may be for; to others the answer is 421. Empty for all."""
    threads = Setting[Optional[int], Optional[int]]("threads", None)
    """How many threads run a WSGI app; None for 8, and 1 runs it on the loop's own thread."""
    lifespan = Setting[str, str]("lifespan", "auto")
    """Whether the app's lifespan is run: auto, on or off."""
    early_hints = Setting[bool, bool]("early_hints", False)
    """Whether the app may send 103 Early Hints, which the proxy then has to know."""
    include_server_header = Setting[bool, bool]("include_server_header", True)
    """Whether responses carry a server field."""
    include_date_header = Setting[bool, bool]("include_date_header", True)
    """Whether responses carry a date field."""
    include_request_id_header = Setting[bool, bool]("include_request_id_header", True)
    """Whether responses carry the request's id in x-request-id."""

    # Limits
    limit_request_line = Setting[Bytes, Bytes]("limit_request_line", 8190)
    """The longest request line; a longer one is answered by 414."""
    limit_request_fields = Setting[int, int]("limit_request_fields", 100)
    """The most header fields; more are answered by 431."""
    limit_request_field_size = Setting[Bytes, Bytes]("limit_request_field_size", 8190)
    """The longest header field; a longer one is answered by 431."""
    limit_request_head = h11_max_incomplete_size = Setting[Bytes, Bytes]("limit_request_head", 32768)
    """The largest request line and header together; a larger one is answered by 431."""
    max_body_size = Setting[Bytes, Bytes]("max_body_size", 16 << 20)
    """The largest request body; a larger one is answered by 413. None for no limit."""
    wsgi_max_body_size = Setting[Bytes, Bytes]("wsgi_max_body_size", None)
    """The same for a WSGI app alone; None for what max_body_size says."""
    keep_alive_max_requests = Setting[Optional[int], Optional[int]]("keep_alive_max_requests", 1000)
    """How many requests a connection carries before it is closed; None for any number."""
    limit_connections = Setting[Optional[int], Optional[int]]("limit_connections", None)
    """How many connections are served at once; None for what the descriptor limit allows."""
    limit_concurrency = Setting[Optional[int], Optional[int]]("limit_concurrency", None)
    """How many requests are in flight at once; more are answered by 503. None for as many as there are connections."""

    # HTTP/2
    http2 = Setting[bool, bool]("http2", True)
    """Whether HTTP/2 is spoken in clear text with clients that begin with it, such as HAProxy (``proto h2``) or nginx (``grpc_pass``)."""
    h2_max_concurrent_streams = Setting[int, int]("h2_max_concurrent_streams", 100)
    """How many requests a client may have in flight on a connection of HTTP/2."""
    h2_max_header_list_size = Setting[Bytes, Bytes]("h2_max_header_list_size", 64 << 10)
    """The largest header on HTTP/2, counted uncompressed and with 32 bytes for each field."""
    h2_max_inbound_frame_size = Setting[Bytes, Bytes]("h2_max_inbound_frame_size", 16 << 10)
    """The largest frame of HTTP/2 that is taken, 16 KiB at least."""
    h2_max_resets = Setting[int, int]("h2_max_resets", 200)
    """How many streams of a connection of HTTP/2 the client may reset or spoil within 30 seconds; then the connection ends."""
    h2_max_control_frames = Setting[int, int]("h2_max_control_frames", 1000)
    """How many PING, SETTINGS and PRIORITY frames a client may send within 30 seconds; then the connection ends."""

    # WebSockets
    websocket_max_message_size = Setting[Bytes, Bytes]("websocket_max_message_size", 16 << 20)
    """The largest message, decompressed; a larger one closes the WebSocket with 1009."""
    websocket_ping_interval = Setting[Seconds, Seconds]("websocket_ping_interval", 20.0)
    """After so much silence of its client a WebSocket is pinged; None for never."""
    websocket_ping_timeout = Setting[Seconds, Seconds]("websocket_ping_timeout", 20.0)
    """For the client to answer a ping, before its WebSocket is closed; None for ever."""
    websocket_per_message_deflate = Setting[bool, bool]("websocket_per_message_deflate", True)
    """Whether messages are compressed if the client offers it."""

    # Time
    header_timeout = Setting[Seconds, Seconds]("header_timeout", 30.0)
    """For a request's header to arrive."""
    read_timeout = Setting[Seconds, Seconds]("read_timeout", 60.0)
    """For the next piece of a request's body to arrive."""
    write_timeout = Setting[Seconds, Seconds]("write_timeout", 60.0)
    """For the client to take the next piece of a response."""
    keep_alive_timeout = Setting[Seconds, Seconds]("keep_alive_timeout", 75.0)
    """For which a connection stays open without a request; longer than the proxy keeps its end."""
    disconnect_grace = Setting[Seconds, Seconds]("disconnect_grace", 5.0)
    """For the app to notice that its client is gone, before it is cancelled."""
    startup_timeout = Setting[Seconds, Seconds]("startup_timeout", 60.0)
    """For the lifespan startup."""
    shutdown_timeout = Setting[Seconds, Seconds]("shutdown_timeout", 60.0)
    """For the lifespan shutdown."""
    graceful_timeout = Setting[Seconds, Seconds]("graceful_timeout", 30.0)
    """For requests in flight to finish once shutdown begins."""

    # Logs
    access_logfile = accesslog = Setting[Optional[str], Union[str, "os.PathLike[str]", None]]("access_logfile", None, text_or_none)
    """The file that gets a line for each request, ``-`` for standard output, or ``journal``."""
    access_log_format = Setting[str, str]("access_log_format", "roost")
    """How these lines look: roost, combined, common, json, or atoms such as ``%(h)s %(s)s``."""
    error_logfile = errorlog = Setting[Optional[str], Union[str, "os.PathLike[str]", None]]("error_logfile", "-", text_or_none)
    """Where log entries go: a file, ``-`` for standard error, or ``journal``."""
    log_format = Setting[str, str]("log_format", "auto")
    """How they look: auto, journal, json, logfmt or plain."""
    log_level = loglevel = Setting[str, str]("log_level", "info", level)
    """Entries of this level and above are logged: trace, debug, info, notice, warning, error or critical."""

    def values(self) -> dict[str, object]:
        """The settings that were set, by the keys of the settings table."""
        # A list that was only looked at is as it was.
        untouched = {setting.key: setting.default for setting in vars(Config).values() if isinstance(setting, Setting) and isinstance(setting.default, list)}
        return {key: value for key, value in self._values.items() if key not in untouched or value != untouched[key]}

    @classmethod
    def from_mapping(cls, mapping: Optional[Mapping[str, Any]] = None, **others: Any) -> Config:
        """A configuration with these attributes."""
        config = cls()
        for name, value in {**(mapping or {}), **others}.items():
            setattr(config, name, value)
        return config

    @classmethod
    def from_toml(cls, filename: Union[str, os.PathLike[str]]) -> Config:
        """A configuration with the attributes that stand at the top level of a TOML file. Needs Python 3.11."""
        if sys.version_info < (3, 11):
            raise RuntimeError(
                "Config.from_toml needs Python 3.11, which reads TOML itself; with an older one read the file with the package tomli "
                "and give the result to Config.from_mapping"
            )
        else:
            import tomllib

            with open(filename, "rb") as file:
                try:
                    mapping = tomllib.load(file)
                except tomllib.TOMLDecodeError as error:
                    raise ValueError(f"{os.fspath(filename)}: {error}") from None
            try:
                return cls.from_mapping(mapping)
            except (AttributeError, ValueError) as error:
                raise type(error)(f"{os.fspath(filename)}: {error}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(getattr(type(self), name, None), Setting):
            object.__setattr__(self, name, value)
        elif name in ELSEWHERE:
            if not ELSEWHERE[name].permits(value):
                raise AttributeError(f"Config.{name} = {value!r} has no meaning here: {ELSEWHERE[name].advice}")
        else:
            raise AttributeError(self._unknown(name))

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not found otherwise.
        if name in ELSEWHERE:
            return ELSEWHERE[name].value
        raise AttributeError(self._unknown(name))

    @classmethod
    def _unknown(cls, name: str) -> str:
        import difflib

        known = [key for key, value in vars(Config).items() if isinstance(value, Setting)]
        near = difflib.get_close_matches(name, known, 1) or difflib.get_close_matches(name, ELSEWHERE, 1)
        return f"Config has no attribute {name!r}" + (f"; did you mean {near[0]}?" if near else "")

    def __repr__(self) -> str:
        return f"Config.from_mapping({self._values!r})"
