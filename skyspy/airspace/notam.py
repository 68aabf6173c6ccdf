"""NOTAMs in the ICAO form (fields Q and A to G), as states and the FAA send them.

The parser is ours: published ones refuse most real NOTAMs, whose spacing and optional parts of field Q differ by country. US domestic ones
have no purpose, scope or upper limit (`/M//000//`), UK ones pad them (`/M  /AE/`), FDC ones have no number and no line `NOTAMN`. EST behind
the end means "estimated", never a time zone: all times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from skyspy.airspace.altitudes import band_of_texts
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.notam_codes import condition_of, subject_of
from skyspy.airspace.polygons import no_pause
from skyspy.airspace.records import Band, Notam, NotamKind
from skyspy.airspace.times import packed
from skyspy.airspace.values import PAUSE_LISTED

MAX_CHARACTERS = 20_000
"""Of one NOTAM. The longest of the samples has 1,300."""
MAX_LOCATIONS = 60
PARTS_OF_Q = 8

Qualifiers = tuple[str, str, str, str, str, int | None, int | None, float | None, float | None, float | None]

_HEAD = re.compile(
    r"\(?\s*(?:(?P<number>[A-Z]?[0-9]{1,4}/[0-9]{2,4})\s+)?NOTAM(?P<kind>[NRC])(?:[ \t]+(?P<replaces>[A-Z]?[0-9]{1,4}/[0-9]{2,4}))?"
)
_PLACE = re.compile(r"(?P<place>[0-9]{4}[NS][0-9]{5}[EW])\s*(?P<radius>[0-9]{1,3})?\Z")
_CODE = re.compile(r"Q[A-Z]{4}\Z")
_FIELD = re.compile(r"(?:^|(?<=\s))(?P<name>[A-E])\)[ \t]*", re.MULTILINE)
_LIMITS = re.compile(r"F\)(?P<lower>[^\n]{0,60}?)\n?[ \t]{0,20}G\)(?P<upper>[^\n]{0,60})\Z")
_ENUMERATED = re.compile(r"(?:^|(?<=\s))[A-Z0-9]{1,2}\)")
"""What counts, and so closes no bracket: `A)`."""
_SOURCE = re.compile(r"^(?:CREATED|SOURCE):.*", re.MULTILINE | re.DOTALL)
"""What some services add below the text."""
_LOCATION = re.compile(r"[A-Z][A-Z0-9]{2,3}\Z")
_NOW = ("WIE", "WEF")
_OPEN = ("UFN", "UNTIL FURTHER NOTICE")


def parse(text: str, issued: float | None = None) -> Notam:
    """The NOTAM that this text is. `issued`: when it was issued, in wall seconds, where the source says it: one that begins "with immediate
    effect" begins then. Raises AirspaceError, whose message says which field is wrong."""
    if len(text) > MAX_CHARACTERS:
        raise AirspaceError(f"a NOTAM has more than {MAX_CHARACTERS} characters")
    raw = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    body = _SOURCE.sub("", raw).strip()
    head, fields = _HEAD.match(body), _fields(body)
    number = head["number"] if head is not None else None
    called = f"NOTAM {number}" if number else f"a NOTAM without a number ({body[:40]!r})"
    if "A" not in fields or "B" not in fields:
        raise AirspaceError(f"{called} has no field A or no field B")
    locations = tuple(word for word in fields["A"].split() if _LOCATION.match(word))[:MAX_LOCATIONS]
    if not locations:
        raise AirspaceError(f"{called}: field A {fields['A'][:40]!r} names no location")
    kind = _kind_of(head)
    valid_from = issued if fields["B"].startswith(_NOW) else packed(fields["B"][:10])
    if valid_from is None:
        raise AirspaceError(f"{called}: field B {fields['B'][:40]!r} is no time")
    valid_to, estimated = _end(fields.get("C", ""), kind, called)
    if valid_to is not None and valid_to < valid_from:
        raise AirspaceError(f"{called}: it ends before it begins")
    words, band = _text_and_band(fields.get("E", ""))
    replaces = head["replaces"] if head is not None else None
    fir, code, traffic, purpose, scope, lower, upper, lat, lon, radius = _qualifiers(fields.get("Q", ""))
    return Notam(
        id=f"{locations[0]}:{number or sha256(body.encode()).hexdigest()[:12]}",
        kind=kind,
        replaces=f"{locations[0]}:{replaces}" if replaces else None,
        locations=locations,
        fir=fir,
        q_code=code,
        subject=subject_of(code),
        condition=condition_of(code),
        traffic=traffic,
        purpose=purpose,
        scope=scope,
        lower_fl=lower,
        upper_fl=upper,
        lat=lat,
        lon=lon,
        radius_nm=radius,
        valid_from=valid_from,
        valid_to=valid_to,
        estimated=estimated,
        schedule=" ".join(fields.get("D", "").split()),
        text=words,
        raw=raw,
        band=band,
    )


def parse_all(texts: Iterable[str], pause: Callable[[], None] = no_pause) -> tuple[list[Notam], list[str]]:
    """The NOTAMs of many texts, and what was wrong with the others: one that cannot be read costs itself only. `pause` is called before
    each."""
    found, errors = [], []
    for text in texts:
        pause()
        try:
            found.append(parse(text))
        except AirspaceError as error:
            errors.append(str(error))
    return found, errors


def in_force(notams: Iterable[Notam], now: float, pause: Callable[[], None] = no_pause) -> list[Notam]:
    """Those that hold at `now` (wall seconds) or later, in order: without those that have ended, those that another one among them has
    replaced or cancelled, and those that only cancel. An estimated end does not end a NOTAM: it holds until it is replaced or cancelled."""
    listed = list(notams)
    gone = {one.replaces for one in listed if one.replaces is not None}
    held = []
    for place, one in enumerate(listed, start=1):
        if place % PAUSE_LISTED == 0:
            pause()
        if one.kind != "cancel" and one.id not in gone and not has_ended(one, now):
            held.append(one)
    return held


def has_ended(notam: Notam, now: float) -> bool:
    """Whether the NOTAM has ended at `now` (wall seconds) without another one having replaced or cancelled it."""
    return notam.valid_to is not None and not notam.estimated and notam.valid_to <= now


def _kind_of(head: re.Match[str] | None) -> NotamKind:
    if head is None or head["kind"] == "N":
        return "new"
    return "replace" if head["kind"] == "R" else "cancel"


def _fields(body: str) -> dict[str, str]:
    """Field letter -> what stands in it. Fields come in order; what looks like one of them in field E is text."""
    found: dict[str, str] = {}
    at = body.find("Q)")
    start = 0
    if at >= 0:
        ends = (body.find(mark, at) for mark in ("\n", " A)"))
        end = min((one for one in ends if one >= 0), default=len(body))
        found["Q"], start = body[at + 2 : end].strip(), end
    matches: list[re.Match[str]] = []
    for match in _FIELD.finditer(body, start):
        if not matches or match["name"] > matches[-1]["name"]:
            matches.append(match)
    for place, match in enumerate(matches):
        end = matches[place + 1].start() if place + 1 < len(matches) else len(body)
        found[match["name"]] = body[match.end() : end].strip()
    return found


def _end(text: str, kind: NotamKind, called: str) -> tuple[float | None, bool]:
    """The end of field C, None for none, and whether it is an estimate."""
    words = text.upper().strip()
    if words.startswith("PERM") or (not words and kind == "cancel"):
        return None, False
    if words.startswith(_OPEN):
        return None, True
    end = packed(words[:10])
    if end is None:
        raise AirspaceError(f"{called}: field C {text[:40]!r} is no time")
    return end, words[10:].strip().startswith("EST")


def _text_and_band(text: str) -> tuple[str, Band]:
    """Field E without fields F and G behind it, and the band that those give."""
    text = text.rstrip()
    if text.endswith(")") and text.count("(") < text.count(")") - len(_ENUMERATED.findall(text)):
        text = text[:-1].rstrip()
    at = text.rfind("F)")
    found = _LIMITS.match(text, at) if at >= 0 else None
    if found is None:
        return text, Band()
    band = band_of_texts(found["lower"], found["upper"])
    is_alone = not text[:at].rpartition("\n")[2].strip()
    return (text[:at].rstrip(), band) if is_alone or band.is_known else (text, Band())


def _qualifiers(text: str) -> Qualifiers:
    """What field Q says. One that cannot be read gives nothing: the NOTAM holds all the same."""
    parts = [part.replace(" ", "") for part in text.split("/")]
    if len(parts) == PARTS_OF_Q - 1:
        # FDC NOTAMs whose code could not be written have no traffic either.
        parts.insert(2, "")
    return parts_of_q(parts if len(parts) == PARTS_OF_Q else [""] * PARTS_OF_Q)


def parts_of_q(parts: Sequence[str]) -> Qualifiers:
    """The eight parts of field Q, without blanks, as values: FIR, code, traffic, purpose, scope, lower and upper flight level, latitude,
    longitude and radius (nm). "" and None for what is not there, and for what cannot be what it should be."""
    fir, code, traffic, purpose, scope, low, high, circle = parts
    found = _PLACE.match(circle)
    lat, lon = _place(found["place"] if found else None)
    radius = float(found["radius"]) if found and found["radius"] and lat is not None else None
    lower, upper = (int(level) if level.isdigit() and len(level) <= 3 else None for level in (low, high))
    return (
        fir if _LOCATION.match(fir) else "",
        code if _CODE.match(code) else "",
        _letters(traffic, "IVK"),
        _letters(purpose, "NBOMK"),
        _letters(scope, "AEWK"),
        lower,
        upper,
        lat,
        lon,
        radius,
    )


def _letters(text: str, allowed: str) -> str:
    return text if set(text) <= set(allowed) and len(text) <= len(allowed) else ""


def _place(text: str | None) -> tuple[float | None, float | None]:
    """`4038N07346W`, degrees and minutes, in degrees; None for what is none."""
    if text is None:
        return None, None
    lat = int(text[:2]) + int(text[2:4]) / 60
    lon = int(text[5:8]) + int(text[8:10]) / 60
    if int(text[2:4]) > 59 or int(text[8:10]) > 59 or lat > 90 or lon > 180:
        return None, None
    return round(-lat if text[4] == "S" else lat, 4), round(-lon if text[10] == "W" else lon, 4)
