"""Interfaces: formats values for the panel's pages. Pure: a value in, a text out; a dash for an unknown value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

UNKNOWN = "–"
SLOW_MS = 1000
"""A client whose packets wait for longer is shown as slow."""
_STEPS = ((60.0, 1.0, "s"), (3600.0, 60.0, "min"), (86400.0, 3600.0, "h"), (86400.0 * 100, 86400.0, "days"))


def rough_duration(seconds: float) -> str:
    """A duration in its largest fitting unit: 40 s, 5 min, 3 h, 12 days, 4 months."""
    for limit, unit, word in _STEPS:
        if seconds < limit:
            count = int(seconds // unit)
            return f"{count} {'day' if word == 'days' and count == 1 else word}"
    months = int(seconds // (86400 * 30))
    return f"{months} months" if months < 24 else f"{months // 12} years"


def ago(wall: float | None, now: float) -> str:
    """A past time relative to `now` (both wall seconds)."""
    if wall is None:
        return UNKNOWN
    return "just now" if now - wall < 10 else f"{rough_duration(now - wall)} ago"


def until(wall: float | None, now: float) -> str:
    """A future time relative to `now` (both wall seconds)."""
    if wall is None:
        return UNKNOWN
    return f"in {rough_duration(wall - now)}" if wall > now else "over"


def utc_time(wall: float | None) -> str:
    """A time in UTC: 2026-03-05 14:02 UTC."""
    return UNKNOWN if wall is None else f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M} UTC"


def html_time(wall: float) -> str:
    """A time for the HTML attribute `datetime`."""
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(wall: float | None) -> str:
    """The date of a time, in UTC."""
    return UNKNOWN if wall is None else f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d}"


def number(value: float | None) -> str:
    """A number with separators between thousands."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def exact_duration(seconds: float) -> str:
    """An exact duration in words: 1 hour, 14 days, 1 minute 30 seconds."""
    words, rest = [], round(seconds)
    for unit, word in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(rest, unit)
        if count:
            words.append(counted(count, word))
    return " ".join(words) or "0 seconds"


def size(count: float) -> str:
    """A number of bytes: 900 B, 12 kB, 3.4 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.1f} {unit}" if unit in ("MB", "GB") and count < 100 else f"{count:,.0f} {unit}"


def lag(milliseconds: float) -> str:
    """For how long packets have been waiting for a client: none, 80 ms, 3 s behind."""
    if milliseconds < 1:
        return "none"
    return f"{milliseconds:.0f} ms" if milliseconds < SLOW_MS else f"{milliseconds / 1000:.0f} s behind"


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 key, 2 keys, no keys."""
    return f"{count or 'no'} {one if count == 1 else many or one + 's'}"


def capital(text: str) -> str:
    """A text as the beginning of a sentence: No keys."""
    return text[:1].upper() + text[1:]


def closing_sentence(sockets: int) -> str:
    """A sentence: so many live connections are closed."""
    if not sockets:
        return "Nobody is connected now."
    return f"{counted(sockets, 'live connection')} {'is' if sockets == 1 else 'are'} closed within 2 seconds, and told why."


def holdings(name: str, keys: int, sockets: int, made: int | None = None) -> str:
    """A sentence: what somebody holds and has open. `made` counts the keys that ended too; None: not known."""
    working = counted(keys, "working API key") if keys or made != 0 else "no API keys"
    return f"{name} has {working} and {counted(sockets, 'live connection') if sockets else 'is not connected'}."


def listed(words: list[str], last: str = "and") -> str:
    """Words as a list in a sentence: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


_DURATIONS_AND_TIMES = (ago, until, utc_time, html_time, day, rough_duration, exact_duration, lag)
_WORDS_AND_NUMBERS = (number, counted, capital, closing_sentence, holdings, listed, size)
FILTERS: dict[str, Callable[..., Any]] = {shown.__name__: shown for shown in (*_DURATIONS_AND_TIMES, *_WORDS_AND_NUMBERS)}
"""Template filters by name."""
