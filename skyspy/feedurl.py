"""Receiver URLs: parsing and checking. Nothing is connected here.

`SCHEMES` has one row per scheme that is accepted in the environment, the panel and the command line; `parse` returns a FeedUrl or
raises FeedUrlError, one line that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit


class FeedUrlError(ValueError):
    """The text is not the URL of a receiver; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of receiver URL. `carries` names the format (a row of decode.FORMATS), `transport` is http, tcp, udp, file or none,
    `port` the default port, `options` the names of the URL's options. `is_datalink`: messages of a data link, which only one process of
    several reads. With udp this server listens: the host is an address of its own."""

    name: str
    carries: str
    transport: str
    port: int
    example: str
    description: str
    options: tuple[str, ...] = ()
    is_datalink: bool = False


_DATALINKS = (
    ("acars", 5550, "VHF ACARS (acarsdec, acars_router)"),
    ("vdlm2", 5555, "VDL Mode 2 (dumpvdl2, vdlm2dec)"),
    ("hfdl", 5556, "HFDL (dumphfdl)"),
    ("imsl", 5557, "Inmarsat (JAERO, SatDump)"),
    ("irdm", 5558, "Iridium (iridium-toolkit)"),
)
"""Format, usual port of a listener, and what sends it."""
_RELAY_PORT_OFFSET = 10_000
"""acars_router serves each format on the TCP port of its listener plus this."""


def _datalink_schemes() -> Iterator[Scheme]:
    for name, port, what in _DATALINKS:
        listens = f"listens for JSON of {what}"
        yield Scheme(f"{name}+udp", name, "udp", port, f"{name}+udp://0.0.0.0:{port}", listens, is_datalink=True)
    for name, port, what in _DATALINKS:
        relay = port + _RELAY_PORT_OFFSET
        yield Scheme(f"{name}+tcp", name, "tcp", relay, f"{name}+tcp://host:{relay}", f"JSON lines of {what}", is_datalink=True)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme(
            "http",
            "aircraft.json",
            "http",
            80,
            "http://host/data/aircraft.json",
            "aircraft.json of readsb, dump1090-fa or skyaware978, polled",
            ("interval",),
        ),
        Scheme(
            "https",
            "aircraft.json",
            "http",
            443,
            "https://host/data/aircraft.json",
            "the same over TLS; ?ca=/file names the certificate that is trusted, ?tls=insecure trusts any",
            ("interval", "tls", "ca"),
        ),
        Scheme("beast", "beast", "tcp", 30005, "beast://host:30005", "Mode S Beast binary"),
        Scheme("avr", "avr", "tcp", 30002, "avr://host:30002", "AVR raw frames"),
        Scheme("sbs", "sbs", "tcp", 30003, "sbs://host:30003", "SBS / BaseStation lines"),
        Scheme("json", "json", "tcp", 30047, "json://host:30047", "readsb JSON lines"),
        Scheme("uat", "uat", "tcp", 30979, "uat://host:30979", "dump978 JSON lines"),
        *_datalink_schemes(),
        Scheme("replay", "", "file", 0, "replay:///file?speed=1", "a captured file, played again", ("speed", "format", "loop")),
        Scheme(
            "demo", "", "none", 0, "demo://", "simulated traffic, labelled as such", ("seed", "aircraft", "incidents", "datalink")
        ),
    )
}

_OTHER_NAMES = {"vdl2+udp": "vdlm2+udp", "vdl2+tcp": "vdlm2+tcp"}
"""Names that are accepted for a scheme beside its own."""
LOOPBACK = "127.0.0.1"
"""Where a listener is whose URL names no address."""

TLS_OPTIONS = ("tls", "ca")
INCIDENTS = ("none", "few", "all")
"""Values of the options `incidents` and `datalink`: which incidents simulated traffic has, and how many messages over data links."""

_PASSWORD = re.compile(r"(?<=//).*@|^[^/]*@", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FeedUrl:
    """A parsed URL. `text` is the URL as written; `shown` has no user and password."""

    text: str
    scheme: Scheme
    host: str = ""
    port: int = 0
    path: str = ""
    options: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The query that an HTTP server is asked, without our own options."""
        words = urlsplit(self.text).query.split("&")
        return "&".join(w for w in words if self.scheme.name != "https" or w.partition("=")[0] not in TLS_OPTIONS)

    @property
    def tls(self) -> str:
        """How the receiver's certificate is checked where that is not the usual way, for people; else ""."""
        if "tls" in self.options:
            return "TLS: any certificate is trusted"
        return f"TLS: certificate checked by {self.options['ca']}" if "ca" in self.options else ""

    @property
    def is_demo(self) -> bool:
        """Whether its traffic is simulated."""
        return self.scheme.name == "demo"

    @property
    def shown(self) -> str:
        """The URL for logs, pages and API answers: user and password replaced by ***."""
        parts = urlsplit(self.text)
        if parts.username is None and parts.password is None:
            return self.text
        bare = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"***@{bare}").geturl()


def parse(text: str) -> FeedUrl:
    """Parse one URL; raises FeedUrlError."""
    text = text.strip()
    if any(ord(c) < 33 or ord(c) == 127 for c in text):
        raise FeedUrlError("a feed URL holds no blanks or control characters")
    # Messages go to people and logs, so a password is removed first, even from a text that is not a valid URL.
    shown = _PASSWORD.sub("***@", text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise FeedUrlError(f"{shown!r} is not a URL: its host or its port cannot be read") from None
    scheme = _scheme(parts.scheme)
    if scheme is None:
        raise FeedUrlError(f"{shown!r} is not a feed: write one of {', '.join(s.example for s in SCHEMES.values())}")
    options = dict(parse_qsl(parts.query)) if scheme.transport != "http" else _http_options(scheme, parts)
    unknown = sorted(set(options) - set(scheme.options))
    if unknown:
        known = ", ".join(scheme.options) or "none"
        raise FeedUrlError(f"{scheme.name}:// does not take {', '.join(unknown)} (options: {known})")
    _check_numbers(options)
    _check_tls(options)
    for option in ("incidents", "datalink"):
        if options.get(option, "few") not in INCIDENTS:
            raise FeedUrlError(f"{option}={options[option]} is not one of {', '.join(INCIDENTS)}")
    if scheme.transport in ("http", "tcp") and not parts.hostname:
        raise FeedUrlError(f"{shown!r} names no host: write {scheme.example}")
    if scheme.transport == "file" and not parts.path:
        raise FeedUrlError(f"{shown!r} names no file: write {scheme.example}")
    path = unquote(parts.path) if scheme.transport == "file" else parts.path
    host = parts.hostname or (LOOPBACK if scheme.transport == "udp" else "")
    return FeedUrl(text, scheme, host, port or scheme.port, path, options)


def _http_options(scheme: Scheme, parts: SplitResult) -> dict[str, str]:
    """The options of an HTTP receiver are in the fragment: the query belongs to its server, but for how its TLS is checked."""
    asked = parse_qsl(parts.query, keep_blank_values=True) if scheme.name == "https" else []
    return {name: value for name, value in asked if name in TLS_OPTIONS} | dict(parse_qsl(parts.fragment))


def _check_tls(options: Mapping[str, str]) -> None:
    """Raise FeedUrlError for a check of certificates that is none."""
    if options.get("tls", "insecure") != "insecure":
        raise FeedUrlError("tls=insecure is the only value of tls: it trusts any certificate")
    if "ca" in options and not options["ca"].startswith("/"):
        raise FeedUrlError("ca= names a file by its whole path, such as ca=/etc/skyspy/receiver.pem")
    if "ca" in options and "tls" in options:
        raise FeedUrlError("write tls=insecure or ca=, not both: one trusts any certificate, the other only its own")


def _check_numbers(options: dict[str, str]) -> None:
    """Raise FeedUrlError for a numeric option that is out of range."""
    for name, low, high in (("interval", 0.1, 3600.0), ("speed", 0.01, 1e6), ("seed", 0, 2**31), ("aircraft", 1, 10000)):
        if name in options:
            try:
                number = float(options[name])
            except ValueError:
                number = -1.0
            if not low <= number <= high:
                raise FeedUrlError(f"{name}={options[name]} is not a number from {low:g} to {high:g}")


def is_datalink(text: str) -> bool:
    """Whether the text is the URL of a receiver of a data link."""
    scheme = _scheme(text.partition(":")[0])
    return scheme is not None and scheme.is_datalink


def _scheme(name: str) -> Scheme | None:
    """The scheme of this name, in any case; None where there is none."""
    name = name.lower()
    return SCHEMES.get(_OTHER_NAMES.get(name, name))


def parse_list(text: str) -> tuple[FeedUrl, ...]:
    """Parse a comma- or space-separated list of URLs; one written twice counts once. Raises FeedUrlError."""
    seen: dict[str, FeedUrl] = {}
    for word in text.replace(",", " ").split():
        seen.setdefault(word, parse(word))
    return tuple(seen.values())
