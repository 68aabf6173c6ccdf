"""Watchlists: aircraft that an owner looks for, by hex, registration, callsign or type, with exclusions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an entry names."""

    HEX = "hex"
    REGISTRATION = "registration"
    CALLSIGN = "callsign"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `value` is normalized: upper case, a registration without hyphens and blanks. `exclude`: such aircraft are not on the list, whatever another entry
    names."""

    kind: Kind
    value: str
    exclude: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list of its owner, which rules name by `id`."""

    id: str
    owner_id: int
    name: str
    entries: tuple[Entry, ...] = ()
