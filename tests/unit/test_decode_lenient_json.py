"""JSON as it is found: what can be read of it is read, and what cannot costs one aircraft."""

from __future__ import annotations

import gc
import json
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.decode import FORMATS, Context, DecodeError
from skyspy.decode.aircraft_json import AircraftJson
from skyspy.decode.json_salvage import (
    MAX_UNREADABLE,
    MAX_UNREADABLE_BYTES,
    MAX_WHOLE_BYTES,
    MOST_BETWEEN,
    WINDOW_BYTES,
    parse_skipping_unreadable,
)
from skyspy.decode.lenient_json import parse
from tests.support.machine import ROOT

REPORTED = ROOT / "tests" / "data" / "reported"
NOW = 5000.0
MISTAKES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "a tab in a text": (b'"ownOp":"A\tB"', {"ownOp": "A B"}),
    "a line break in a text": (b'"ownOp":"A\r\nB"', {"ownOp": "A  B"}),
    "an escape sequence in a text": (b'"ownOp":"A\x1b[31mB"', {"ownOp": "A [31mB"}),
    "a zero byte in a text": (b'"flight":"SWR1\x00\x00\x00\x00"', {"flight": "SWR1"}),
    "text that is not UTF-8": (b'"ownOp":"Fl\xfcge"', {"ownOp": "Fl\ufffdge"}),
    "an escape that is none": (rb'"ownOp":"A\x20B\q"', {"ownOp": r"A\x20B\q"}),
    "half an escape": (rb'"ownOp":"A\u12"', {"ownOp": r"A\u12"}),
    "an escaped backslash": (rb'"ownOp":"A\\x","gs":,"track":1', {"ownOp": r"A\x", "track": 1.0}),
    "no value": (b'"gs":,"track":1', {"track": 1.0}),
    "no value at the end": (b'"track":1,"gs":', {"track": 1.0}),
    "two commas": (b'"track":1,,"gs":2', {"track": 1.0, "gs": 2.0}),
    "a comma at the end": (b'"track":1,', {"track": 1.0}),
    "a comma in a list": (b'"nav_modes":[,"lnav","vnav",],"track":1', {"nav_modes": ("lnav", "vnav"), "track": 1.0}),
    "not a number": (b'"gs":nan,"track":-inf,"ias":NaN,"tas":1', {"tas": 1.0}),
    "a plus sign": (b'"baro_rate":+64', {"baro_rate": 64}),
    "leading zeros": (b'"alt_baro":00325,"baro_rate":-0064', {"alt_baro": 325, "baro_rate": -64}),
    "no digit before the point": (b'"mach":.78,"roll":-.5', {"mach": 0.78, "roll": -0.5}),
    "no digit after the point": (b'"gs":450.,"track":1', {"gs": 450.0, "track": 1.0}),
    "a decimal comma": (b'"lat":47,5,"lon":-8,25', {"lat": 47.5, "lon": -8.25}),
    "words of another language": (b'"squawk":None,"x":True,"y":False,"gs":1', {"gs": 1.0}),
}


def read(*records: bytes, before: bytes = b'{"now":1800000000,"messages":9,', after: bytes = b"}") -> tuple[dict[str, Any], int]:
    """The fields by address, and the number of bad records, of a document with these records."""
    decoder = AircraftJson(Context())
    heard = decoder.feed(before + b'"aircraft":[' + b",".join(records) + b"]" + after, NOW)
    return {o.hex: dict(o.fields) for o in heard}, decoder.counters.bad


def record(hex_: str, inside: bytes = b'"gs":100') -> bytes:
    return b'{"hex":"%s",%s}' % (hex_.encode(), inside)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_usual_mistake_costs_nothing_in_a_document(mistake: str) -> None:
    written, fields = MISTAKES[mistake]
    assert read(record("4b1d01"), record("4b1d02", written), record("4b1d03")) == (
        {"4B1D01": {"gs": 100.0}, "4B1D02": fields, "4B1D03": {"gs": 100.0}},
        0,
    )


@pytest.mark.parametrize("mistake", [name for name in MISTAKES if "line break" not in name])
def test_nor_in_a_line(mistake: str) -> None:
    written, fields = MISTAKES[mistake]
    decoder = FORMATS["json"].make(Context())
    heard = decoder.feed(b"\n".join((record("4b1d01"), record("4b1d02", written), record("4b1d03"), b"")), NOW)
    assert [dict(o.fields) for o in heard] == [{"gs": 100.0}, fields, {"gs": 100.0}]
    assert decoder.counters.bad == 0


@pytest.mark.parametrize(
    "wrong",
    [b'"ownOp":"JOE "ACE" SMITH"', b'"ownOp":"no end', b'gs=100', b'"gs":1 "track":2', b'"x":' + b"[" * 100_000, b'"gs":--1', b"}"],
    ids=lambda wrong: repr(wrong[:20]),
)  # fmt: skip
def test_what_cannot_be_read_costs_one_aircraft(wrong: bytes) -> None:
    fields, bad = read(record("4b1d01"), record("4b1d02", wrong), record("4b1d03"))
    assert {"4B1D01", "4B1D03"} <= set(fields)
    assert bad <= 1
    assert bad == ("4B1D02" not in fields)


def test_the_first_and_the_last_record_may_be_the_one() -> None:
    wrong = record("4b1d02", b'"ownOp":"A"B"')
    assert read(wrong, record("4b1d01"))[0] == read(record("4b1d01"), wrong)[0] == {"4B1D01": {"gs": 100.0}}
    with pytest.raises(DecodeError, match="not JSON"):
        read(wrong)


@pytest.mark.parametrize(
    "parts",
    [
        {"before": b'{"aircraft_count":1,', "after": b', "now" : 1800000000.5, "messages":7}\n'},
        {"before": b'\xef\xbb\xbf { "now" : 1800000000,\n', "after": b"\n}\n\x00\x00"},
        {"before": b'{"now":1800000000,"name":"A\tB",', "after": b',}'},
        {"before": b'{"now":1800000000,', "after": b'}\n,"messages":50}]}'},
    ],
)  # fmt: skip
def test_the_document_around_them_may_be_as_untidy(parts: dict[str, bytes]) -> None:
    wrong = record("4b1d02", b'"ownOp":"A"B"')
    assert read(record("4b1d01"), **parts)[0] == {"4B1D01": {"gs": 100.0}}
    if not parts["after"].endswith(b"]}"):
        assert read(record("4b1d01"), wrong, **parts) == ({"4B1D01": {"gs": 100.0}}, 1)


def test_records_without_commas_between_them_are_read() -> None:
    decoder = AircraftJson(Context())
    heard = decoder.feed(b'{"now":1,"aircraft":[' + record("4b1d01") + b"\n" + record("4b1d02") + b" ]}", NOW)
    assert [o.hex for o in heard] == ["4B1D01", "4B1D02"]


def test_a_document_that_is_being_written_is_no_document() -> None:
    whole = (
        b'{"now":1,"aircraft":[' + record("4b1d01") + b"," + record("4b1d02", b'"ownOp":"A\tB"') + b"," + record("4b1d03") + b"]}"
    )
    for length in range(len(whole) - 1):
        with pytest.raises(DecodeError):
            AircraftJson(Context()).feed(whole[:length], NOW)


def test_a_document_of_nothing_but_mistakes_is_rejected() -> None:
    with pytest.raises(DecodeError):
        read(*[record("4b1d01", b'"x":"a"b"')] * (MAX_UNREADABLE + 1))


@given(st.binary(max_size=60), st.integers(0, 400))
def test_noise_in_one_record_never_costs_the_others_far_from_it(noise: bytes, where: int) -> None:
    inside = b'"ownOp":"' + noise + b'","gs":1'
    if {b"{", b"}", b"[", b"]"} & {noise[n : n + 1] for n in range(len(noise))}:
        return
    fields, _ = read(*[record(f"4b1d{n:02x}") for n in range(3)], record("4b1dff", inside), record("4b1d10"))
    assert {"4B1D00", "4B1D01", "4B1D02", "4B1D10"} <= set(fields)


def test_in_a_large_document_one_record_costs_itself_alone() -> None:
    many = [record(f"4b{n:04x}", b'"ownOp":"' + b"x" * 60 + b'"') for n in range(8000)]
    wrong = record("4bffff", b'"ownOp":"A"B"')
    fields, bad = read(*many[:4000], wrong, *many[4000:])
    assert (len(fields), bad) == (8000, 1)
    assert len(b"".join(many)) > 2 * MAX_WHOLE_BYTES


# -- records on several lines --------------------------------------------------------------------


def lines(text: bytes, size: int = 0) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """What a decoder of lines makes of a text, fed in pieces of `size` bytes."""
    decoder = FORMATS["json"].make(Context())
    pieces = [text[at : at + size] for at in range(0, len(text), size)] if size else [text]
    heard = [observation for piece in pieces for observation in decoder.feed(piece, NOW)]
    return [(o.hex, dict(o.fields)) for o in heard], decoder.counters.bad  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_records_that_readsb_breaks_over_three_lines_are_read(size: int) -> None:
    heard, bad = lines((REPORTED / "readsb_json_port_with_ownop.jsonl").read_bytes(), size)
    assert bad == 0
    assert [hex_ for hex_, _ in heard] == ["4B1B01", "4B1B02"] * 6
    first = {"flight": "TST01", "r": "HB-AAA", "t": "C172", "desc": "CESSNA 172", "ownOp": "A FLYING CLUB", "year": "2004"}
    assert heard[0][1] == {**first, "alt_baro": 5025, "lat": 47.1, "lon": 8.2, "rssi": -25.2}


def test_a_record_may_be_written_a_field_a_line() -> None:
    record = {"hex": "4b1d01", "lastPosition": {"lat": 47.0, "lon": 8.0}, "nav_modes": ["lnav"], "gs": 100}
    text = "\n".join(json.dumps(record, indent=2) + end for end in (",", "", "")).encode() + b"\n"
    assert lines(text) == ([("4B1D01", {"lastPosition": {"lat": 47.0, "lon": 8.0}, "nav_modes": ("lnav",), "gs": 100.0})] * 3, 0)


def test_a_line_break_inside_a_text_is_a_blank() -> None:
    assert lines(b'{"hex":"4b1d01","ownOp":"A\nB","gs":1}\n') == ([("4B1D01", {"ownOp": "A B", "gs": 1.0})], 0)


def test_a_record_that_is_not_completed_costs_itself_alone() -> None:
    good = b'{"hex":"4b1d01","gs":1}\n'
    assert lines(good + b'{"hex":"4b1d02","ownOp":\n"A",\n' + good + good) == ([("4B1D01", {"gs": 1.0})] * 3, 2)
    assert lines(good + b'"gs":2}\n' + good) == ([("4B1D01", {"gs": 1.0})] * 2, 1)


@pytest.mark.parametrize("line", [b'"x":{}}\n', b'"x":1,\n'])
def test_a_record_without_end_is_given_up(line: bytes) -> None:
    heard, bad = lines(b'{"hex":"4b1d02","x":[\n' + line * 20_000 + b'{"hex":"4b1d01","gs":1}\n')
    assert heard == [("4B1D01", {"gs": 1.0})]
    assert bad == 20_001


# -- bounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [b'{"a":' + b" " * 500_000 + b"x", b"}" * 300_000, b'{"a":1' + b", " * 300_000, b"[" + b"-" * 300_000]
)
def test_no_text_takes_long(text: bytes) -> None:
    for whole in (text, b'{"aircraft":[' + text + b"]}"):
        with pytest.raises(DecodeError):
            parse(whole)
        with pytest.raises(DecodeError):
            AircraftJson(Context()).feed(b'{"aircraft":[' + text + b"]", NOW)


@pytest.mark.parametrize(
    "body",
    [(b"}" + b" " * 39) * 200_000 + b"]}", b"}" * 8_000_000 + b"]}", b"{}]" + b" " * 8_000_000 + b"x"],
    ids=["braces and blanks", "braces", "no end"],
)
def test_a_hostile_document_holds_up_no_other_thread_for_long(body: bytes) -> None:
    text = b'{"now":1,"aircraft":[' + body
    longest, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal longest
        # Processor time of this process: what others take of the machine is no hold.
        before = time.process_time()
        while not ended.wait(0.001):
            now = time.process_time()
            longest, before = max(longest, now - before), now

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.thread_time()
    with pytest.raises(DecodeError):
        parse_skipping_unreadable(text, "aircraft", 10_000)
    taken = time.thread_time() - began
    ended.set()
    watcher.join()
    # One search of all of it held the interpreter's lock from beginning to end.
    assert taken < 0.1 or longest < taken / 2


def test_what_divides_two_records_is_found_wherever_it_stands() -> None:
    between = b" " * 40 + b"," + b" " * 40
    assert len(b"}" + between + b"{") == MOST_BETWEEN
    many = (record("4b1d00", b'"ownOp":"' + b"x" * (MAX_WHOLE_BYTES // 5) + b'"') + b",") * 5
    for extra in range(MOST_BETWEEN + 2):
        first = record("4b1d01", b'"ownOp":"' + b"x" * (WINDOW_BYTES - 200 + extra) + b'"')
        text = b'{"aircraft":[' + many + first + between + record("4b1d02", b'"a" 1') + b"," + record("4b1d03", b'"gs":1')
        found, _, unreadable = parse_skipping_unreadable(text + b"]}", "aircraft", 10)
        assert isinstance(found, dict)
        assert ([one["hex"] for one in found["aircraft"]], unreadable) == (["4b1d00"] * 5 + ["4b1d01", "4b1d03"], 1)


def test_a_document_with_much_that_cannot_be_read_is_given_up() -> None:
    wrong = record("4b1d01", b'"x":"a"b"' + b":1" * 3500)
    with pytest.raises(DecodeError):
        read(*[wrong] * (MAX_UNREADABLE_BYTES // len(wrong) + 1), record("4b1d02"))


def test_what_cannot_be_read_leaves_nothing_for_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        for text in (b"{", b'{"a":}}', b'{"a":1', b"x" * 20_000):
            with suppress(DecodeError):
                parse(text)
        assert gc.collect() == 0
    finally:
        gc.enable()
