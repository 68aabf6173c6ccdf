"""Domain (pure): what uplinks say that a board shows: clearances, and ATIS of an airport.

Texts are those of ARINC 623 (`/LHRCDYA.DC1/CLD 1835 251229 EGLL PDC 607 ...` with a checksum of four hexadecimal digits at their end) and those
that airlines relay in forms of their own. Invariants: a fact that a text does not state in a known form is "", and never guessed. Text from
the air may be anything: each pattern takes time in proportion to the text, of which MAX_TEXT characters are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from skyspy.datalink.message import Message

ATIS_LABELS = ("A9",)
"""Labels of uplinks that deliver ATIS."""
CLEARANCE_LABELS = ("A1", "A3")
"""Labels of uplinks that deliver an oceanic (A1) and a departure clearance (A3)."""
WORDS = ("ATIS", "PDC", "CLRD")
"""Words of which one is in each text under another label that is a clearance or an ATIS here."""
MAX_TEXT = 4000

_HEADER = re.compile(r"\s*/?[A-Z0-9]{4,8}\.[A-Z0-9]{2,3}(?:/|\s+(?=\d))")
"""Address of the ground system and kind of the message, as in `/HKGATYA.TI2/`; some systems send `/LHRDCXA.CLD 1620 ...`."""
_CHECKSUM = re.compile(r"(?<=\S)[0-9A-F]{4}\s*\Z")
"""It follows the text without a blank."""
_ATIS = re.compile(
    r"\b(?P<airport>[A-Z]{4})\s+(?:(?P<kind>ARR|DEP)\s+)?ATIS\s+(?:INFO(?:RMATION)?\s+)?(?P<letter>[A-Z])\b"
    r"(?:\s*(?P<issued>\d{4})Z\b)?"
)
_FROM = re.compile(r"\bCL[DX]\s+(?P<issued>\d{4})\s+\d{6}\s+(?P<origin>[A-Z]{4})\s+(?:PDC|CLRNC)\b")
_CLEARED = re.compile(r"\b(?:(?P<flight>[A-Z0-9]{2,8})\s+CLRD|CLEARED)\s+TO\s+(?P<destination>[A-Z]{4})\b")
_RUNWAY = re.compile(r"\bOFF\s+(?:RWY\s*)?(\d{2}[LRC]?)\b")
_VIA = re.compile(r"\bVIA\s+([A-Z]{2,6}\d[A-Z]?|RANDOM ROUTE|NAT [A-Z])\b")
_SQUAWK = re.compile(r"\b(?:SQUAWK|XPNDR)[\s:]+([0-7]{4})\b")
_FREQUENCY = re.compile(r"\b(?:NEXT|AIRBORNE|DEP) FREQ[\s:]+(1[1-3]\d\.\d{1,3})")
_INFORMATION = re.compile(r"\bATIS\s+([A-Z])\b")
_PDC = re.compile(r"\A\s*(?:-+\s*)?PDC\b")


@dataclass(frozen=True, slots=True)
class Atis:
    """An ATIS: `airport` as ICAO code, `kind` arrival, departure or "" (for both), `letter`, `issued` HHMM of UTC, `text` without what systems add."""

    airport: str
    kind: str
    letter: str
    issued: str
    text: str


@dataclass(frozen=True, slots=True)
class Clearance:
    """A clearance: `kind` oceanic or departure; ICAO codes of airports; `runway` such as 04R; `via` the departure route; `frequency` in MHz as
    written; `atis` the letter; `issued` HHMM of UTC; `text` without what systems add."""

    kind: str
    flight: str
    origin: str
    destination: str
    runway: str
    via: str
    squawk: str
    frequency: str
    atis: str
    issued: str
    text: str


def read(message: Message) -> Atis | Clearance | None:
    """What the message delivers; None for a downlink and for what is neither. An ATIS whose airport is not stated is none."""
    if message.downlink:
        return None
    text = message.text[:MAX_TEXT]
    if message.label in CLEARANCE_LABELS:
        return _clearance(text, "oceanic" if message.label == "A1" else "departure")
    if message.label in ATIS_LABELS:
        return _atis(text)
    if _PDC.search(text) or (_CLEARED.search(text) and _FROM.search(text)):
        return _clearance(text, "departure")
    return _atis(text)


def _atis(text: str) -> Atis | None:
    found = _ATIS.search(text)
    if found is None:
        return None
    kind = {"ARR": "arrival", "DEP": "departure"}.get(found["kind"] or "", "")
    return Atis(found["airport"], kind, found["letter"], found["issued"] or "", _body(text))


def _clearance(text: str, kind: str) -> Clearance:
    start, cleared = _FROM.search(text), _CLEARED.search(text)
    return Clearance(
        kind=kind,
        flight=(cleared["flight"] or "") if cleared else "",
        origin=start["origin"] if start else "",
        destination=cleared["destination"] if cleared else "",
        runway=_first(_RUNWAY, text),
        via=_first(_VIA, text),
        squawk=_first(_SQUAWK, text),
        frequency=_first(_FREQUENCY, text),
        atis=_first(_INFORMATION, text),
        issued=start["issued"] if start else "",
        text=_body(text),
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _body(text: str) -> str:
    """The text for people: without the address at its beginning, and without the checksum of a text that has that address."""
    header = _HEADER.match(text)
    body = text if header is None else _CHECKSUM.sub("", text[header.end() :])
    return "\n".join(line.strip() for line in body.splitlines()).strip()
