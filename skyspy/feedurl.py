"""Ground floor: a receiver is a URL, and this is how it reads.

Law: `SCHEMES` has one row per scheme an operator may write, in the environment, the panel or the
command line; `parse` gives a FeedUrl or raises FeedUrlError with one line an operator can act on.
Nothing is opened here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit


class FeedUrlError(ValueError):
    """The text is not the URL of a feed; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to reach a receiver: `carries` names the format (a row of decode.FORMATS), `transport` the
    way to it (http, tcp, file, none), `port` the default port."""

    name: str
    carries: str
    transport: str
    port: int
    example: str
    says: str
    options: tuple[str, ...] = ()


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
        Scheme("https", "aircraft.json", "http", 443, "https://host/data/aircraft.json", "the same over TLS", ("interval",)),
        Scheme("beast", "beast", "tcp", 30005, "beast://host:30005", "Mode S Beast binary"),
        Scheme("avr", "avr", "tcp", 30002, "avr://host:30002", "AVR raw frames"),
        Scheme("sbs", "sbs", "tcp", 30003, "sbs://host:30003", "SBS / BaseStation lines"),
        Scheme("json", "json", "tcp", 30047, "json://host:30047", "readsb JSON lines"),
        Scheme("uat", "uat", "tcp", 30979, "uat://host:30979", "dump978 JSON lines"),
        Scheme("replay", "", "file", 0, "replay:///file?speed=1", "a captured file, played again", ("speed", "format", "loop")),
        Scheme("demo", "", "none", 0, "demo://", "simulated traffic, labelled as such", ("seed", "aircraft")),
    )
}

_PASSWORD = re.compile(r"(?<=//).*@|^[^/]*@", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FeedUrl:
    """A parsed feed. `text` is the URL as written; `shown` has any password taken out."""

    text: str
    scheme: Scheme
    host: str = ""
    port: int = 0
    path: str = ""
    options: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The URL as it may stand in a log, a page or an API answer."""
        parts = urlsplit(self.text)
        if parts.username is None and parts.password is None:
            return self.text
        bare = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"***@{bare}").geturl()


def parse(text: str) -> FeedUrl:
    """Read one feed URL; raises FeedUrlError."""
    text = text.strip()
    if any(ord(c) < 33 or ord(c) == 127 for c in text):
        raise FeedUrlError("a feed URL holds no blanks or control characters")
    # What is wrong is said to people and to the log: never with a password that may be in it, however it is mistyped.
    told = _PASSWORD.sub("***@", text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise FeedUrlError(f"{told!r} is not a URL: its host or its port cannot be read") from None
    scheme = SCHEMES.get(parts.scheme.lower())
    if scheme is None:
        raise FeedUrlError(f"{told!r} is not a feed: write one of {', '.join(s.example for s in SCHEMES.values())}")
    options = dict(parse_qsl(parts.query)) if scheme.transport != "http" else _http_options(parts.fragment)
    unknown = sorted(set(options) - set(scheme.options))
    if unknown:
        known = ", ".join(scheme.options) or "none"
        raise FeedUrlError(f"{scheme.name}:// does not take {', '.join(unknown)} (options: {known})")
    _check_numbers(options)
    if scheme.transport in ("http", "tcp") and not parts.hostname:
        raise FeedUrlError(f"{told!r} names no host: write {scheme.example}")
    if scheme.transport == "file" and not parts.path:
        raise FeedUrlError(f"{told!r} names no file: write {scheme.example}")
    path = unquote(parts.path) if scheme.transport == "file" else parts.path
    return FeedUrl(text, scheme, parts.hostname or "", port or scheme.port, path, options)


def _http_options(fragment: str) -> dict[str, str]:
    """An HTTP feed's query belongs to its server; our own options stand behind the `#`."""
    return dict(parse_qsl(fragment))


def _check_numbers(options: dict[str, str]) -> None:
    for name, low, high in (("interval", 0.1, 3600.0), ("speed", 0.01, 1e6), ("seed", 0, 2**31), ("aircraft", 1, 10000)):
        if name in options:
            try:
                number = float(options[name])
            except ValueError:
                number = -1.0
            if not low <= number <= high:
                raise FeedUrlError(f"{name}={options[name]} is not a number from {low:g} to {high:g}")


def parse_list(text: str) -> tuple[FeedUrl, ...]:
    """Read a comma- or space-separated list of feeds; a URL written twice counts once."""
    seen: dict[str, FeedUrl] = {}
    for word in text.replace(",", " ").split():
        seen.setdefault(word, parse(word))
    return tuple(seen.values())
