"""Interfaces: windows of time and a last moment, as a form of a rule shows and sends them.

Pure: fields of a form in, parts of a rule's document out, and back. The names of a window in the form are `d.0.days`, `d.0.from` and
`d.0.to`; `d` are the times in which the rule looks, `q` the quiet hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from skyspy.alerts.schedule import DAYS, MAX_WINDOWS

DURING, QUIET = "d", "q"
DAY_NAMES: Mapping[str, str] = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
_WINDOW = re.compile(r"([dq])\.(\d{1,2})\.(days|from|to|is)\Z", re.ASCII)
_MOMENT = "%Y-%m-%dT%H:%M"


@dataclass(slots=True)
class WindowForm:
    """One window as typed."""

    days: list[str]
    begins: str = ""
    ends: str = ""
    error: str = ""


def new_window(name: str) -> WindowForm:
    """What a new window begins with: the night for quiet hours, else the day."""
    return WindowForm(list(DAYS), *(("22:00", "07:00") if name == QUIET else ("08:00", "20:00")))


def read_windows(form: Mapping[str, Sequence[str]], name: str) -> list[WindowForm]:
    """The windows that a form sends under this name."""
    found: dict[int, dict[str, list[str]]] = {}
    for key, values in form.items():
        match = _WINDOW.match(key)
        if match is not None and match[1] == name:
            found.setdefault(int(match[2]), {})[match[3]] = [value.strip()[:16] for value in values]
    windows = [found[place] for place in sorted(found)][:MAX_WINDOWS]
    return [
        WindowForm([day for day in DAYS if day in one.get("days", ())], "".join(one.get("from", ())), "".join(one.get("to", ())))
        for one in windows
    ]


def windows_of(schedule: Mapping[str, Any] | None) -> list[WindowForm]:
    """The windows of a schedule of a rule's document."""
    return [WindowForm(list(one["days"]), one["from"], one["to"]) for one in (schedule or {}).get("windows", ())]


def schedule_of(windows: Sequence[WindowForm], zone: str) -> dict[str, Any] | None:
    """The windows as a rule's document has them; None: there are none."""
    if not windows:
        return None
    return {"zone": zone, "windows": [{"days": one.days, "from": one.begins, "to": one.ends} for one in windows]}


def moment_of(text: str, zone: str) -> str | None:
    """The moment that was typed in a zone, as ISO time of UTC; the text where it is none; None where nothing was typed."""
    if not text:
        return None
    try:
        local = datetime.strptime(text[:16], _MOMENT).replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OSError, OverflowError):
        return text


def typed_moment(wall: float | None, zone: str) -> str:
    """A moment (wall seconds) as the input for a local time has it."""
    if wall is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(wall, ZoneInfo(zone)):{_MOMENT}}"
    except (ValueError, OSError, OverflowError):
        return f"{datetime.fromtimestamp(wall, UTC):{_MOMENT}}"
