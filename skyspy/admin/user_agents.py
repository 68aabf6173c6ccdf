"""Interfaces: names of browsers and programs in lists of sign-ins and connections.

Invariants: the name is for display only. The User-Agent header is untrusted: the result consists of words in this file only.
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
    """The name of the browser or program with that User-Agent header; `unknown` for any other."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser or unknown
