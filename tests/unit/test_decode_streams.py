"""Claims for all stream formats: splits do not change the result, garbage does not raise, memory is bounded."""

from __future__ import annotations

import random
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft import SOURCES, Observation, clean_fields, clean_hex
from skyspy.decode import FORMATS, Context, Counters
from skyspy.feedurl import SCHEMES
from tests.support.captures import OURS
from tests.support.mode_s import all_call, beast, identification, position, reply, squawk_code, squitter, traffic, velocity

STREAMS = ("beast", "avr", "sbs", "json", "uat")
PLACE = Context((47.45, 8.56))


def beast_sample() -> bytes:
    """Valid frames, frames full of 0x1a, garbage between them, unsupported records, a truncated frame, Mode A/C."""
    frames = [beast(frame) for _, frame in traffic(3, 1.2)]
    escaped = beast(squitter("1A1A1A", position(47.6, 8.7, False)), b"\x1a" * 6, 0x1A)
    extras = b"\x1a\xe3\x00\x1a\x1a\x05receiv\x1a4\x00\x01\x02\x1a5status\x1aP\x00\x1aW\x1a\x1a\x01"
    broken = escaped[:13] + beast(all_call("4B1A2B")) + b"\x1a1" + bytes(9) + b"\x1a\x1anoise\x1a\x1a"
    return (
        b"tail of one" + frames[0] + escaped + extras + b"".join(frames[1:9]) + broken + escaped + b"".join(frames[9:]) + b"\x1a"
    )


SAMPLES: dict[str, bytes] = {
    "beast": beast_sample(),
    "avr": (OURS / "avr.txt").read_bytes(),
    "sbs": (OURS / "sbs.txt").read_bytes(),
    "json": b'{"hex":"4b1a2b","flight":"SWR12A ","alt_baro":36000,"lat":47.4,"lon":8.5,"mlat":["lat"],"messages":7},\r\n[\n\n]\n'
    b'{"hex":"~4b1a2b","gs":NaN,"track":7}\n{"hex":"4b1a2b","flight":"\xff\xfe","squawk":"1000"}\nnothing\n{"hex":"4b1a2b","alt_',
    "uat": (OURS / "dump978.jsonl").read_bytes()
    + b"-00a66ef135445d525a0c0519119021204800;rs=1;rssi=-9.5;\n+3514c952;\n!x=1;\n-00\n",
}


def heard(name: str, parts: list[bytes]) -> tuple[list[Observation], Counters]:
    decoder = FORMATS[name].make(PLACE)
    result: list[Observation] = []
    for part in parts:
        result += decoder.feed(part, 1000.0)
    return result, decoder.counters


def test_every_format_a_feed_url_can_name_has_a_decoder() -> None:
    assert {scheme.carries for scheme in SCHEMES.values()} - {""} == set(FORMATS)


@pytest.mark.parametrize("name", STREAMS)
def test_any_split_of_the_bytes_gives_the_same_observations(name: str) -> None:
    sample = SAMPLES[name]
    expected = heard(name, [sample])
    assert len(expected[0]) >= 3

    @given(st.lists(st.integers(0, len(sample)), max_size=12))
    def check(cuts: list[int]) -> None:
        edges = [0, *sorted(cuts), len(sample)]
        assert heard(name, [sample[a:b] for a, b in pairwise(edges)]) == expected

    check()
    assert heard(name, [sample[i : i + 1] for i in range(len(sample))]) == expected


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.binary(max_size=400), more=st.binary(max_size=400))
def test_garbage_never_raises(name: str, data: bytes, more: bytes) -> None:
    decoder = FORMATS[name].make(Context())
    for part in (data, b"\n\x1a3", more, b"\n"):
        for observation in decoder.feed(part, 1000.0):
            assert clean_hex(observation.hex) == observation.hex


@pytest.mark.parametrize("name", STREAMS)
def test_a_damaged_stream_gives_only_clean_observations(name: str) -> None:
    chance = random.Random(5)
    sample = SAMPLES[name]
    for _ in range(60):
        damaged = bytearray(sample)
        for _ in range(chance.randrange(1, 12)):
            where = chance.randrange(len(damaged))
            damaged[where : where + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
        for observation in heard(name, [bytes(damaged)])[0]:
            assert clean_fields(observation.fields) == observation.fields
            assert observation.source in SOURCES


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("filling", [b"A", b"\x1a3", b'{"a":', b"1a", b"\x00"], ids=["text", "frames", "json", "digits", "zeros"])
def test_a_line_or_frame_that_never_ends_takes_no_memory(name: str, filling: bytes) -> None:
    decoder = FORMATS[name].make(Context())
    part = filling * (16_384 // len(filling))
    decoder.feed(part, 1000.0)
    tracemalloc.start()
    for _ in range(12):
        decoder.feed(part, 1000.0)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 150_000 < 12 * len(part)
    assert decoder.counters.bad + decoder.counters.skipped > 0


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_goes_on_after_a_line_that_never_ended(name: str) -> None:
    decoder = FORMATS[name].make(PLACE)
    decoder.feed(b"x" * 200_000, 1000.0)
    alone = len(heard(name, [SAMPLES[name]])[0])
    assert len(decoder.feed(b"\n" + SAMPLES[name], 1000.0)) == alone


def test_noise_of_a_thousand_frames_a_second_brings_no_aircraft() -> None:
    chance = random.Random(7)
    noise = b"".join(beast(chance.randbytes(chance.choice((7, 14))).hex()) for _ in range(20_000))
    observations, counters = heard("beast", [noise])
    # The checksum has 24 bits: one frame of noise in sixteen million verifies an address.
    assert observations == []
    assert counters.messages == 0


def test_each_frame_is_counted_once() -> None:
    frames = [
        squitter("4B1A2B", velocity(250, 90)),
        squitter("4B1A2B", identification("SWR12A")),
        all_call("4B1A2B"),
        reply(5, "4B1A2B", squawk_code("1000")),
        reply(5, "4B1A2C", squawk_code("1000")),
        squitter("4B1A2B", velocity(250, 90))[:-1] + "0",
        "00" * 14,
        "c8" * 14,
    ]
    _, counters = heard("beast", [b"".join(map(beast, frames))])
    assert counters.messages + counters.bad + counters.skipped == len(frames)
    assert (counters.messages, counters.skipped) == (4, 2)
