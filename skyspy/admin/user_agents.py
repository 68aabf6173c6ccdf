"""What to call a browser or program, for the person who looks at a list of sign-ins or connections.

Law: a name for people, decided on nothing. A User-Agent is what a client says of itself; it comes out as one of the
words here and never as it came in.
"""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "a Python program"),
    ("Python", "a Python program"),
    ("node", "a Node program"),
    ("Dart/", "a Dart app"),
    ("okhttp", "an Android app"),
    ("CFNetwork", "an Apple app"),
    ("Go-http-client", "a Go program"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name_of(agent: str, unknown: str = "Unknown browser") -> str:
    """The name of the browser or program with that User-Agent header; `unknown` where it is none of those known here."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser or unknown
