"""A range picture: what merges is what was added, what is read is what was packed, and no wrong position stretches it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.rollups.confirmed import Reading
from skyspy.rollups.picture import ALL, BANDS, MAX_TENTHS_NM, STEPS, Picture, PictureError, unpack
from tests.support.flights import counted, outbound, reading

positions = st.lists(
    st.builds(
        reading,
        at=st.floats(0, 1e6),
        bearing=st.floats(0, 359.99),
        nm=st.floats(0.2, 500),
        altitude=st.one_of(st.none(), st.integers(-1500, 60_000)),
    ),
    max_size=30,
)


def picture_of(readings: list[Reading], rssi: float | None = -20.5) -> Picture:
    picture = Picture()
    for one in readings:
        picture.add(one, rssi)
    return picture


def shown(picture: Picture) -> object:
    return [picture.distances(band) for band in (ALL, *BANDS)], picture.coverage(), picture.signals(), picture.positions


@given(positions, positions)
def test_merged_pictures_are_the_picture_of_all_positions(one: list[Reading], other: list[Reading]) -> None:
    merged = picture_of(one)
    merged.merge(picture_of(other))
    assert shown(merged) == shown(picture_of([*one, *other]))
    assert merged.positions == sum(map(sum, merged.coverage())) == len(one) + len(other)


@given(positions)
def test_a_picture_is_read_as_it_was_packed(readings: list[Reading]) -> None:
    assert shown(unpack(picture_of(readings).pack())) == shown(picture_of(readings))


@given(st.binary(max_size=60))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        unpack(data)


def test_damaged_and_cut_pictures_are_refused() -> None:
    data = picture_of(outbound(90.0, 50.0, 20)).pack()
    for wrong in (data[:-20], b"\x02" + data[1:], data[:20] + b"\0" * 10):
        with pytest.raises(PictureError):
            unpack(wrong)


def test_a_sector_has_the_farthest_distance_of_its_band() -> None:
    picture = picture_of([reading(0, 92.0, 102.0, altitude=5000), reading(0, 93.0, 152.0, altitude=35_000)])
    assert picture.distances(BANDS[0])[18] == pytest.approx(102.0, abs=0.11)
    assert picture.distances(BANDS[3])[18] == picture.distances(ALL)[18] == pytest.approx(152.0, abs=0.11)
    assert sum(distance is not None for distance in picture.distances(ALL)) == 1
    assert picture.coverage()[18][10] == picture.coverage()[18][15] == 1


def test_what_is_beyond_the_last_step_counts_there() -> None:
    picture = Picture()
    picture.add(Reading(0.0, 0.0, 0.0, 9999.0, 360.0), -30.0)
    assert picture.coverage()[0][STEPS - 1] == 1
    assert picture.distances(ALL)[0] == MAX_TENTHS_NM / 10.0


def test_a_ghost_does_not_stretch_the_outline_and_a_true_flight_does() -> None:
    flight = outbound(92.5, 120.0, 60)
    with_ghost = [*flight[:30], reading(59.5, 91.0, 390.0), *flight[30:]]
    assert shown(picture_of(counted(with_ghost))) == shown(picture_of(flight))
    far = picture_of(counted(flight)).distances(ALL)[18]
    assert far == pytest.approx(flight[-1].distance_nm, abs=0.11)


def test_signal_strength_is_counted_by_distance() -> None:
    picture = picture_of([reading(0, 10.0, 15.0)], -10.0)
    picture.merge(picture_of([reading(0, 200.0, 18.0)], -20.0))
    picture.add(reading(0, 10.0, 15.0), None)
    signal = picture.signals()[1]
    assert signal is not None
    assert (signal.positions, signal.mean, signal.least, signal.greatest) == (2, -15.0, -20.0, -10.0)
    assert picture.signals()[0] is None
