"""The stored form of a track: every track comes back, damaged bytes raise one error."""

from __future__ import annotations

import random
import zlib
from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skyspy.tracks.point import SLOT_S, TrackPoint, slot_of
from skyspy.tracks.segment import MAX_POINTS, Box, SegmentError, box_of, pack, split, unpack, unpack_columns
from tests.support.examples import at_most

AT = 1_764_203_400.0


def a_point(at: float = AT, lat: float = 47.4, lon: float = 8.5, **more: object) -> TrackPoint:
    values: dict[str, object] = {"alt_baro": 12_000, "on_ground": False, "gs": 250.0, "track": 90.0}
    return TrackPoint(at, lat, lon, **{**values, **more})  # type: ignore[arg-type]


POINTS = st.builds(
    TrackPoint,
    at=st.one_of(st.floats(0, 4e9), st.sampled_from([AT, AT + 0.001, AT + 30])),
    lat=st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, 89.999999])),
    lon=st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 179.999999, -179.999999])),
    alt_baro=st.one_of(st.none(), st.integers(-2000, 126_750)),
    on_ground=st.booleans(),
    gs=st.one_of(st.none(), st.floats(0, 4096)),
    track=st.one_of(st.none(), st.floats(0, 360)),
)


def assert_same(read: TrackPoint, packed: TrackPoint) -> None:
    assert abs(read.at - packed.at) <= 0.00501
    assert abs(read.lat - packed.lat) <= 0.5001e-5
    assert abs(read.lon - packed.lon) <= 0.5001e-5
    assert read.on_ground == packed.on_ground
    if read.alt_baro is None or packed.alt_baro is None:
        assert read.alt_baro is packed.alt_baro
    else:
        assert abs(read.alt_baro - packed.alt_baro) <= 12.5
        assert packed.alt_baro % 25 or read.alt_baro == packed.alt_baro
    if read.gs is None or packed.gs is None:
        assert read.gs is packed.gs
    else:
        assert abs(read.gs - packed.gs) <= 0.5
    if read.track is None or packed.track is None:
        assert read.track is packed.track
    else:
        assert abs((read.track - packed.track + 180) % 360 - 180) <= 0.5


@at_most(150)
@given(st.lists(POINTS, min_size=1, max_size=40))
@example([a_point()])
@example([a_point(), a_point()])
@example([a_point(lon=179.99999), a_point(lon=-179.99999), a_point(lon=179.99999)])
@example([a_point(at=0.0), a_point(at=4e9), a_point(at=0.0)])
def test_every_track_comes_back_within_its_stated_precision(points: list[TrackPoint]) -> None:
    for read, packed in zip(unpack(pack(points)), points, strict=True):
        assert_same(read, packed)


@at_most(100)
@given(st.lists(POINTS, max_size=40))
def test_pieces_hold_every_point_in_order_and_none_crosses_the_antimeridian(points: list[TrackPoint]) -> None:
    pieces = split(points)
    assert [point for piece in pieces for point in piece] == points
    for piece in pieces:
        assert all(abs(b.lon - a.lon) <= 180 for a, b in pairwise(piece))
        box = box_of(piece)
        assert all(box.holds(point.lat, point.lon) for point in piece)


def test_what_was_read_is_packed_to_the_same_bytes() -> None:
    points = [a_point(at=AT + 5.5 * n, lat=47 + n / 777, alt_baro=None if n % 7 else 1013 * n, gs=n * 3.7) for n in range(50)]
    data = pack(points)
    assert pack(unpack(data)) == data


def test_pieces_are_short_enough_for_one_segment() -> None:
    pieces = split(a_point(at=AT + n) for n in range(MAX_POINTS + 1))
    assert [len(piece) for piece in pieces] == [MAX_POINTS, 1]
    assert len(unpack_columns(pack(pieces[0])).times) == MAX_POINTS


@pytest.mark.parametrize(
    "points",
    [
        [],
        [a_point()] * (MAX_POINTS + 1),
        [a_point(at=nan)],
        [a_point(at=inf)],
        [a_point(at=1e300)],
        [a_point(lat=90.1)],
        [a_point(lon=-181.0)],
        [a_point(gs=nan)],
        [a_point(gs=-1.0)],
        [a_point(track=inf)],
        [a_point(alt_baro=10**9)],
    ],
)
def test_what_the_form_cannot_hold_is_refused(points: list[TrackPoint]) -> None:
    with pytest.raises(ValueError):
        pack(points)


@at_most(200)
@given(st.binary(max_size=200))
@example(b"")
@example(b"\x01")
@example(b"\x02" + zlib.compress(b"x"))
@example(b"\x01" + zlib.compress(b""))
@example(b"\x01" + zlib.compress(bytes(56)))
@example(b"\x01" + zlib.compress(b"\xff" * 300))
def test_bytes_that_are_no_segment_raise_a_segment_error(data: bytes) -> None:
    with pytest.raises(SegmentError):
        unpack(data)


def test_a_damaged_segment_raises_a_segment_error_or_nothing_else() -> None:
    dice = random.Random(7)
    raw = zlib.decompress(pack([a_point(at=AT + n, lat=47 + n / 100) for n in range(30)])[1:])
    for _ in range(500):
        damaged = bytearray(raw)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(raw))] = dice.randrange(256)
        cut = damaged[: dice.choice([len(raw), dice.randrange(len(raw))])]
        try:
            points = unpack(b"\x01" + zlib.compress(bytes(cut)))
        except SegmentError:
            continue
        assert all(-90 <= point.lat <= 90 and -180 <= point.lon <= 180 for point in points)


def test_a_segment_that_decompresses_to_gigabytes_is_refused_before_it_is_whole() -> None:
    with pytest.raises(SegmentError, match="too long"):
        unpack(b"\x01" + zlib.compress(bytes(50_000_000), 9))


def test_a_cut_off_segment_and_one_with_more_behind_it_are_refused() -> None:
    data = pack([a_point()] * 5)
    for wrong in (data[:-1], data + b"x"):
        with pytest.raises(SegmentError):
            unpack(wrong)


def test_a_point_each_five_seconds_takes_less_than_five_bytes() -> None:
    dice = random.Random(1)
    size = count = 0
    for _ in range(20):
        lat, lon, at = 47.0, 8.0, AT
        north, east = dice.uniform(-0.001, 0.001), dice.uniform(-0.001, 0.001)
        points = []
        while at < AT + SLOT_S:
            # Positions as a receiver has them: 5 m apart, at uneven times.
            seconds = 5 + dice.uniform(-0.3, 0.3)
            at, lat, lon = at + seconds, lat + north * seconds, lon + east * seconds
            turn = dice.gauss(0, 2e-5)
            north, east = north + turn, east - turn
            place = round(lat * 21845) / 21845, round(lon * 14500) / 14500
            points.append(
                a_point(at, *place, alt_baro=25 * round(400 + at % 90), gs=dice.gauss(420, 0.7), track=dice.gauss(90, 1))
            )
        size, count = size + len(pack(points)), count + len(points)
    assert size / count <= 5.0


def test_a_box_over_the_antimeridian_holds_both_sides() -> None:
    box = Box(-10, 10, 170, -170)
    assert box.holds(0, 175)
    assert box.holds(0, -175)
    assert not box.holds(0, 0)
    assert not box.holds(11, 175)


def test_slots_are_ten_minutes_since_1970() -> None:
    assert slot_of(0.0) == 0
    assert slot_of(599.999) == 0
    assert slot_of(600.0) == 1
