"""OpenAir: positions, limits, arcs and circles as other readers of these files have them, and errors that cost one airspace only."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.airspace.area_index import AreaIndex
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.openair import MAX_BYTES, read_openair
from skyspy.airspace.reading import MAX_PROBLEMS
from skyspy.airspace.records import Airspace, Band
from skyspy.geo import Point, bearing_deg, destination, distance_nm

SQUARE = "DP 50:00:00 N 010:00:00 E\nDP 50:00:00 N 011:00:00 E\nDP 51:00:00 N 011:00:00 E\nDP 51:00:00 N 010:00:00 E\n"


def block(outline: str = SQUARE, head: str = "AC R\nAN ED-R1\nAL GND\nAH FL65\n") -> str:
    return head + outline


def one(text: str) -> Airspace:
    """The only airspace of a text in which all can be read."""
    reading = read_openair(text.encode(), "test")
    assert reading.problems == []
    (found,) = reading.airspaces
    return found


def corners(text: str) -> list[Point]:
    (ring,) = one(text).area.rings
    return list(ring)


def problems(text: str) -> list[tuple[int, str]]:
    reading = read_openair(text.encode(), "test")
    assert reading.dropped == len(reading.problems)
    return [tuple(problem) for problem in reading.problems]


def edge_distance_nm(ring: list[Point], at: Point) -> float:
    """From a point to the nearest edge of a small ring."""
    nearest = 1e9
    for a, b in pairwise([*ring, ring[0]]):
        steps = 50
        nearest = min(
            nearest,
            *(distance_nm(at, (a[0] + (b[0] - a[0]) * n / steps, a[1] + (b[1] - a[1]) * n / steps)) for n in range(steps + 1)),
        )
    return nearest


def crossings(ring: list[Point]) -> list[tuple[int, int]]:
    """Pairs of edges of a ring that cross each other."""

    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    edges = list(pairwise([*ring, ring[0]]))
    return [
        (i, j)
        for (i, (a, b)), (j, (c, d)) in combinations(enumerate(edges), 2)
        if side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    ]


@pytest.mark.parametrize(
    ("written", "lat", "lon"),
    [
        ("52:51:00 N 010:15:00 E", 52.85, 10.25),
        ("S222838.50 E0172814.00", -22.477361, 17.470556),
        ("311949.00S 0234558.00E", -31.330278, 23.766111),
        ("47 26 36 N 007 03 42 E", 47.443333, 7.061667),
        ("614322N 0234726E", 61.722778, 23.790556),
        ("54 26 45N 011 50 00E", 54.445833, 11.833333),
        ("45°00'57\"N , 005°53'21\"E", 45.015833, 5.889167),
        ("N 49 57 01 E 006 12 41", 49.950278, 6.211389),
        ("45:15.531N 108:26:46W", 45.25885, -108.446111),
        ("39:29.9N 119:46.1W", 39.498333, -119.768333),
        ("6143N 02347E", 61.716667, 23.783333),
        ("42:00:60 N 001:00:60 W", 42.016667, -1.016667),
        ("52.5 n 7.25 w", 52.5, -7.25),
        ("90:00:00 S 180:00:00 E", -90.0, 180.0),
    ],
)
def test_positions_are_read_in_every_usual_spelling(written: str, lat: float, lon: float) -> None:
    centre, *_ = corners(block(f"DP {written}\nDP 0:00 N 0:00 E\nDP 10:00 N 20:00 E\n")), None
    assert min(abs(a - lat) + abs(b - lon) for a, b in centre) < 2e-6


@pytest.mark.parametrize(
    "written",
    [
        "", "52:51:00 N", "52:51:00 010:15:00", "91:00:00 N 010:00:00 E", "52:61:00 N 010:00:00 E", "52:00:61 N 010:00:00 E",
        "52:00:00 N 181:00:00 E", "52:00:00 E 010:00:00 N", "52000 N 010:00:00 E", "x N y E", "52:51:00 N 010:15:00 E 7", "-52:51:00 N 010:15:00 E",
        "५२:51:00 N 010:15:00 E" * 40,
    ],
)  # fmt: skip
def test_what_is_no_position_is_told_with_its_line(written: str) -> None:
    ((line, message),) = problems(block(f"DP {written}\n{SQUARE}"))
    assert line == 5
    assert "position" in message or "latitude" in message or "minutes" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "written", ["", "FL", "FLx", "Ask on 122.8", "100m AGL/423m AMSL", "5 km", "FL65 AGL", "MSL 2500 AGL", "1e4", "9" * 5000]
)
def test_limits_that_cannot_be_read_are_told(written: str) -> None:
    ((line, message),) = problems(block(head=f"AC R\nAN X\nAL GND\nAH {written}\n"))
    assert (line, "cannot be read" in message, len(message) < 200) == (4, True, True)


def test_a_block_has_name_class_limits_and_what_else_is_said() -> None:
    text = (
        "*VERSION: 2.0\nAC E\nAY RMZ\nAN RMZ ETMN-GLIDER HX * a comment\nAF 123.300\nAG Nordholz Radar\nAX 7000\n"
        "AA 2023-12-16T12:00Z/2023-12-16T13:00Z\nAA 2024-12-17T00:00Z/NONE\nAH FL145\nAL 1000ft AGL\nSP 0,1,0,0,255\n" + SQUARE
    )
    found = one(text)
    assert (found.kind, found.icao_class, found.name) == ("RMZ", "E", "RMZ ETMN-GLIDER HX")
    assert found.band == Band(1000.0, 14500.0, "AGL", "STD")
    assert found.active == "2023-12-16T12:00Z/2023-12-16T13:00Z; 2024-12-17T00:00Z/NONE"
    assert found.text == "frequency 123.300; station Nordholz Radar; transponder code 7000"
    assert (found.id, found.source) == ("test/RMZ ETMN-GLIDER HX", "test")


def test_a_restricted_area_has_no_icao_class_and_class_d_has() -> None:
    assert (one(block()).kind, one(block()).icao_class) == ("R", "")
    found = one(block(head="AC D\nAN CTR\nAL GND\nAH 2500ft MSL\n"))
    assert (found.kind, found.icao_class) == ("D", "D")


def test_limits_that_are_not_given_are_unknown() -> None:
    assert one(block(head="AC R\nAN X\n")).band == Band()
    assert not Band().is_known
    assert one(block(head="AC R\nAN X\nAL 2500ft MSL\nAH UNL\n")).band == Band(2500.0, None, "AMSL", "UNL")


def test_ids_differ_and_stay_the_same() -> None:
    text = (block() + block() + block(head="AC R\nAN ED-R2\nAL GND\nAH FL65\n")).encode()
    ids = [found.id for found in read_openair(text, "de.txt").airspaces]
    assert ids == ["de.txt/ED-R1", "de.txt/ED-R1#2", "de.txt/ED-R2"]
    assert [found.id for found in read_openair(text, "de.txt").airspaces] == ids


def test_a_circle_has_its_radius_in_nautical_miles() -> None:
    found = one(block("V X=50:35:36N 007:56:42E\nDC 2.00\n"))
    centre = (50 + 35 / 60 + 36 / 3600, 7 + 56 / 60 + 42 / 3600)
    (ring,) = found.area.rings
    assert len(ring) == 72
    assert [distance_nm(centre, corner) for corner in ring] == pytest.approx([2.0] * 72, abs=1e-6)


NICE = """AC D
AN TMA NICE partie 3
AH FL195
AL 2500FT MSL
DP 43:38:59 N 008:01:50 E
DP 43:32:48 N 008:24:29 E
V D=+
V X=43:46:14 N 007:15:16 E
DB 43:32:48 N 008:24:29 E,43:04:57 N 007:58:39 E
DP 43:04:57 N 007:58:39 E
DP 43:13:51 N 007:46:03 E
V D=-
V X=43:39:35 N 007:13:28 E
DB 43:13:51 N 007:46:03 E,43:38:59 N 008:01:50 E
DP 43:38:59 N 008:01:50 E
"""


def test_arcs_clockwise_and_back_are_drawn_as_another_reader_draws_them() -> None:
    ring = corners(NICE)
    on_it = [
        (43.64972, 8.03056),
        (43.54667, 8.40806),
        (43.413061, 8.340629),
        (43.338201, 7.894189),
        (43.42077, 7.957409),
        (43.61663, 8.028057),
    ]
    assert [at for at in on_it if edge_distance_nm(ring, at) > 0.1] == []
    assert crossings(ring) == []
    index = AreaIndex([("nice", one(NICE).area)])
    assert index.inside(43.4, 8.2) == ["nice"]
    # Inside a circle on which the second arc lies, so that it bends inward there.
    assert index.inside(43.45, 7.9) == []


def test_an_arc_by_bearings_against_the_clock_is_drawn_as_another_reader_draws_it() -> None:
    text = block("DP 39:26:00 N 141:08:01 E\nV D=-\nV X=39:26:00 N 141:08:01 E\nDA 15.00,90.0,270.5\nDP 39:26:00 N 141:08:01 E\n")
    ring = corners(text)
    for at in ((39.432882, 141.457072), (39.502428, 141.444609), (39.566544, 141.407505), (39.597916, 141.377249)):
        assert edge_distance_nm(ring, at) < 0.05
    assert AreaIndex([("north", one(text).area)]).inside(39.6, 141.13) == ["north"]
    assert AreaIndex([("north", one(text).area)]).inside(39.3, 141.13) == []


def test_the_centre_stays_for_the_arcs_of_its_block() -> None:
    text = block(
        "DP 29:58.917 N 081:59.533 W\nDP 29:58.917 N 081:56.067 W\nDP 29:56.500 N 081:52.983 W\nV X=29:53.067 N 081:59.133 W\n"
        "DA 5.0,60.7,157.7689978\nDP 29:52.583 N 082:01.650 W\nDA 5.0,277.9,359.83507529999997\nDP 29:58.917 N 081:59.533 W\n"
    )
    ring = corners(text)
    centre = (29 + 53.067 / 60, -(81 + 59.133 / 60))
    assert crossings(ring) == []
    assert max(distance_nm(centre, corner) for corner in ring) < 6.6
    assert sum(4.99 < distance_nm(centre, corner) < 5.01 for corner in ring) > 30


def test_direction_and_centre_count_for_one_block() -> None:
    arc = "V X=50:00:00 N 010:00:00 E\nDA 10,0,90\nDP 50:00:00 N 010:00:00 E\n"
    reading = read_openair((block("V D=-\n" + arc) + block(arc)).encode(), "test")
    turned, plain = reading.airspaces
    assert (len(turned.area.rings[0]), len(plain.area.rings[0])) == (56, 20)
    # Three quarters and one quarter of a circle of 10 nm.
    assert AreaIndex([("turned", turned.area), ("plain", plain.area)]).inside(50.05, 10.05) == ["plain"]
    assert AreaIndex([("turned", turned.area), ("plain", plain.area)]).inside(49.95, 10.05) == ["turned"]
    ((line, message),) = problems(block("V D=-\n" + arc) + block("DA 10,0,90\nDP 50:00:00 N 010:00:00 E\n"))
    assert (line, "V X=" in message) == (13, True)


@pytest.mark.parametrize("off", [-80, -20, -1, 1, 20, 80])
@pytest.mark.parametrize(("sign", "turn"), [("+", 1), ("-", -1)])
def test_an_arc_that_begins_and_ends_metres_off_its_corners_does_not_cross_itself(off: int, sign: str, turn: int) -> None:
    centre = (50.0, 10.0)

    def written(at: Point) -> str:
        return f"{at[0]:.7f} N {at[1]:.7f} E"

    start, end = destination(centre, 20.0, 5.0), destination(centre, 20.0 + turn * 100.0, 5.0)
    # The corners beside the arc lie along it, `off` metres from its ends.
    degrees = off / 1852 / 5.0 * 57.3
    before, after = destination(centre, 20.0 + degrees, 5.004), destination(centre, 20.0 + turn * 100.0 + degrees, 4.998)
    text = block(
        f"V D={sign}\nV X={written(centre)}\nDP {written(before)}\nDB {written(start)}, {written(end)}\nDP {written(after)}\n"
        f"DP {written(destination(centre, 20.0 + turn * 100.0, 9.0))}\nDP {written(destination(centre, 20.0, 9.0))}\n"
    )
    ring = corners(text)
    assert crossings(ring) == []
    assert [at for at in (before, after) if min(distance_nm(at, corner) for corner in ring) > 1e-4] == []
    inward = [corner for corner in ring if distance_nm(centre, corner) < 6.0]
    bearings = sorted((turn * (bearing_deg(centre, corner) - 20.0) + 10.0) % 360.0 for corner in inward)
    assert len(inward) in (21, 22)
    assert max(b - a for a, b in pairwise(bearings)) < 5.3


def test_an_arc_from_a_point_to_itself_is_a_whole_circle() -> None:
    centre = (50.0, 10.0)
    ring = corners(block("V X=50:00:00 N 010:00:00 E\nDB 50:05:00 N 010:00:00 E, 50:05:00 N 010:00:00 E\n"))
    assert len(ring) == 72
    assert max(abs(distance_nm(centre, corner) - 5.0) for corner in ring) < 0.01


def test_one_bad_block_costs_itself_only() -> None:
    text = "\n".join([
        block().strip(), block("DP 50:00:00 N 010:00:00\n" + SQUARE).strip(), block("DC 5\n").strip(), "AC Q\nAN nothing",
        block("DP 50:00:00 N 010:00:00 E\nDP 50:00:00 N 011:00:00 E\n").strip(), block(head="AC R\nAN X\nAL FL100\nAH FL65\n").strip(),
        block(head="AC R\nAN last\nAL GND\nAH FL65\n").strip(), "",
    ])  # fmt: skip
    reading = read_openair(text.encode(), "test")
    assert [found.name for found in reading.airspaces] == ["ED-R1", "last"]
    assert [problem.place for problem in reading.problems] == [13, 22, 23, 25, 31]
    said = ("no position", "No centre", "no outline", "three different corners", "above the upper")
    for problem, words in zip(reading.problems, said, strict=True):
        assert words in problem.message


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        ("V X=50:00 N 10:00 E\nDC x\n", "no number"), ("V X=50:00 N 10:00 E\nDC 0\n", "radius"), ("V X=50:00 N 10:00 E\nDC 1e9\n", "radius"),
        ("V X=50:00 N 10:00 E\nDC nan\n", "radius"), ("V X=50:00 N 10:00 E\nDA 5,0\n", "DA radius"), ("V X=50:00 N 10:00 E\nDA 5,nan,7\n", "no place on earth"),
        ("V X=50:00 N 10:00 E\nDB 50:05 N 10:00 E\n", "pair of positions"), ("V X=50:00 N 10:00 E\nDB 50:05 N 10:00 E, 10:00 S 10:00 E\n", "radius"),
        ("V D=x\n", "sets nothing"), ("V X\n", "sets nothing"), ("V X=50:00 N 10:00 E\nDC 5\n" + SQUARE, "both a circle"),
        ("V X=50:00 N 10:00 E\nDC 5\nDC 6\n", "second circle"), ("V X=50:00 N 10:00 E\nDA inf,0,7\n", "radius"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_told(outline: str, words: str) -> None:
    ((_, message),) = problems(block(outline))
    assert words in message


def test_of_several_errors_the_first_is_told() -> None:
    assert [line for line, _ in problems(block("DP x\nDP y\nDC z\n"))] == [5]


def test_a_second_limit_is_told() -> None:
    ((line, message),) = problems(block("AL FL30\n" + SQUARE))
    assert (line, message) == (5, "There is a second AL.")


def test_airways_and_terrain_and_what_is_drawn_are_left_out() -> None:
    text = block(
        "V W=5\nDY 50:00:00 N 010:00:00 E\nAT 50:00:00 N 010:00:00 E\n"
        + SQUARE
        + "TC LAKE\nDP 60:00:00 N 010:00:00 E\nSB 1,2,3\n"
    )
    assert len(corners(text)) == 4
    ((_, message),) = problems(block("DY 50:00:00 N 010:00:00 E\nDY 51:00:00 N 010:00:00 E\n"))
    assert "no outline" in message


def test_files_of_every_make_are_read() -> None:
    text = block(head="AC R\nAN ED-R ö\nAL GND\nAH FL65\n")
    for data in (
        text.encode(),
        text.encode("latin-1"),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
    ):
        assert [found.name for found in read_openair(data, "x").airspaces] == ["ED-R ö"]
    assert len(corners(text.replace("DP ", "DP\t").replace("AN ", "  AN   ").lower())) == 4
    assert len(corners(text.replace("DP ", "DP"))) == 4


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "no line begins"), (b"hello\nDP 1:00 N 1:00 E", "no line begins"), (b" " * (MAX_BYTES + 1), "16 MB")],
)
def test_a_file_that_is_none_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(AirspaceError, match=words):
        read_openair(data, "x")


def test_problems_are_bounded_and_counted() -> None:
    reading = read_openair(b"AC R\nDC\n" * 300, "x")
    assert (len(reading.problems), reading.dropped) == (MAX_PROBLEMS, 300)


def test_others_have_their_turn_while_a_file_is_read() -> None:
    pauses: list[int] = []
    read_openair(block().encode() * 100, "x", lambda: pauses.append(1))
    assert len(pauses) > 100
    pauses.clear()
    read_openair(b"* a comment\n" * 5000 + block().encode(), "x", lambda: pauses.append(1))
    assert len(pauses) >= 100


@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from([*block().splitlines(), "V X=50:00 N 10:00 E", "V D=-", "DC 5", "DA 5,0,90", "DB 50:05 N 10:00 E,50:00 N 10:08 E"]),
            st.builds(lambda a, b: f"{a} {b}", st.sampled_from(["AC", "AL", "AH", "V", "DP", "DA", "DB", "DC"]), st.text(max_size=12)),
        ),
        max_size=10,
    )
)  # fmt: skip
def test_whatever_a_file_says_it_is_read_or_refused(lines: list[str]) -> None:
    reading = read_openair("\n".join(["AC R", *lines]).encode("utf-8", "replace"), "x")
    assert len(reading.airspaces) + reading.dropped >= 1
