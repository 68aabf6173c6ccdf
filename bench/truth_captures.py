"""The captures' rows of truth.py: what recordings of others say, beside what is decoded of them.

Nobody knows what an aircraft in a recording really did. Documents and lines are compared value by value with what they say; Mode S
replies with the squitters of the same aircraft a moment before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from truth import Row, Tally

from skyspy.aircraft import FIELDS
from skyspy.decode import FORMATS, Context
from tests.support.captures import CAPTURES, Capture

MODE_S = ("beast", "avr")
MOMENT_S = 2.0
NEAR: dict[str, float] = {"alt_baro": 300, "gs": 20, "track": 25, "baro_rate": 2500}
"""Fields that replies and squitters have in common, and how far they may be apart within that moment."""

COLUMNS = {10: "flight", 11: "alt_baro", 12: "gs", 13: "track", 14: "lat", 15: "lon", 16: "baro_rate", 17: "squawk"}


def _replies(capture: Capture) -> Iterator[Row]:
    decoder = FORMATS[capture.format].make(Context(capture.at))
    tallies = {name: Tally(f"{capture.name}: {name} of replies") for name in NEAR}
    heard: dict[tuple[str, str], tuple[float, object]] = {}
    for now, data in capture.reads(*capture.files):
        for observation in decoder.feed(data, now):
            for name, near in NEAR.items():
                if name not in observation.fields:
                    continue
                value, key = observation.fields[name], (observation.hex, name)
                if observation.source != "mode_s":
                    heard[key] = (now, value)
                    continue
                at, sent = heard.get(key, (-1e9, None))
                if now - at > MOMENT_S or isinstance(sent, str) or isinstance(value, str):
                    continue
                off = abs(float(str(value)) - float(str(sent)))
                tallies[name].expect(sent, value if min(off, 360 - off if name == "track" else off) > near else sent)
    yield from (tally.row() for tally in tallies.values() if tally.right + tally.wrong)


def _agree(tally: Tally, name: str, sent: object, shown: object) -> None:
    field = FIELDS[name]
    if isinstance(sent, str) and field.kind == "text":
        sent = sent.strip() or None
    if sent is None or sent in ("", "ground"):
        return
    if field.kind in ("int", "float", "altitude"):
        tally.expect(float(str(sent)), None if shown is None else float(str(shown)), 0.51 * 10**-field.decimals)
    elif field.kind == "text":
        tally.expect(str(sent).upper() if name == "flight" else sent, shown)
    else:
        tally.expect(sent, list(shown) if isinstance(shown, tuple) else shown)


def _document(capture: Capture) -> Iterator[Row]:
    """One aircraft.json. Fields that are out of range are left out on purpose; other programs' names are not compared."""
    if len(capture.files) > 1:
        return
    raw = json.loads(capture.files[0].read_bytes().decode("utf-8", "replace"))
    shown: dict[str, dict[str, object]] = {}
    for observation in FORMATS[capture.format].make(Context()).feed(capture.files[0].read_bytes(), 1000.0):
        shown.setdefault(observation.hex, {}).update(observation.fields)
    tally = Tally(f"{capture.name}: all fields")
    for record in raw["aircraft"]:
        found = shown.get(str(record.get("hex", "")).upper(), {})
        for name in FIELDS:
            if name in record and not (name == "alt_baro" and found.get(name) == "ground"):
                _agree(tally, name, _as_sent(record, name), found.get(name))
    yield tally.row()


def _as_sent(record: dict[str, Any], name: str) -> object:
    """The value of a field as an observation has it: the age of a last position is counted from the reception, as in the tracker."""
    value = record[name]
    if name == "lastPosition":
        return {**value, "seen_pos": round(max(value["seen_pos"] - record.get("seen", 0.0), 0.0), 1)}
    return value


def _lines(capture: Capture) -> Iterator[Row]:
    """SBS, line by line."""
    decoder = FORMATS[capture.format].make(Context())
    tally = Tally(f"{capture.name}: all columns")
    for line in capture.files[0].read_bytes().splitlines(keepends=True):
        observations = decoder.feed(line, 1000.0)
        columns = line.decode("utf-8", "replace").strip().split(",")
        if not observations or columns[0] != "MSG":
            continue
        fields = observations[0].fields
        for place, name in COLUMNS.items():
            text = columns[place].strip() if place < len(columns) else ""
            if (name == "alt_baro" and fields.get(name) == "ground") or (name in ("lat", "lon") and not float(text or 0)):
                # Many programs write 0, 0 for "no position".
                continue
            _agree(tally, name, text, fields.get(name))
    yield tally.row()


def rows() -> Iterator[Row]:
    ways = {**dict.fromkeys(MODE_S, _replies), "aircraft.json": _document, "sbs": _lines}
    for capture in CAPTURES:
        # Our own untidy samples are wrong on purpose.
        if capture.missing or capture.name.startswith(("own_", "fuzzed_")):
            if capture.missing:
                print(f"not here: {', '.join(Path(name).name for name in capture.missing.split(', '))}")
            continue
        if capture.format in ways:
            yield from ways[capture.format](capture)
