"""Claims about messages made of blocks: each once, whole, with its stations. The blocks of a C1 and an A4 to one aircraft are those of the design's example."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.datalink.assembly import Assembler, Made
from skyspy.datalink.draft import Draft
from skyspy.datalink.duplicates import MAX_CHARACTERS as MAX_TEXTS
from skyspy.datalink.duplicates import MAX_REMEMBERED, MAX_WINDOW_S, WINDOW_S, Duplicates
from skyspy.datalink.labels import SQUITTER
from skyspy.datalink.matching import Match
from skyspy.datalink.message import Block, DatalinkPosition, Message
from skyspy.datalink.parts import HOLD_S, MAX_AIRCRAFT, MAX_CHARACTERS, MAX_CLOSED, MAX_OPEN, Parts
from skyspy.services.list_places import is_id

WALL = 1_700_000_000.0
"""Wall seconds at steady 0."""


def down(msgno: str | None = "M55A", text: str = "HELLO", /, at: float = 100.0, **fields: Any) -> Block:
    """A downlink of N123AB."""
    given = {
        "link": "acars",
        "station": "one",
        "tail": "N123AB",
        "label": "H1",
        "block_id": "5",
        "more": False,
        "downlink": True,
        "level": -12.0,
    }
    return Block(at=at, msgno=msgno, text=text, **(given | fields))


def up(block_id: str, text: str, /, at: float = 100.0, **fields: Any) -> Block:
    """An uplink to N123AB."""
    given = {"link": "acars", "station": "one", "tail": "N123AB", "label": "C1", "more": True, "downlink": False}
    return Block(at=at, block_id=block_id, text=text, **(given | fields))


def fed(assembler: Assembler, *blocks: Block) -> list[Made]:
    return [made for block in blocks for made in assembler.add(block, block.at, WALL + block.at)]


def texts(made: list[Made]) -> list[tuple[str, bool]]:
    """The texts of the messages that are new, and whether they are complete."""
    return [(one.message.text, one.message.complete) for one in made if one.is_new]


# -- one block ---------------------------------------------------------------------------------------


def test_a_block_alone_is_a_message_at_once() -> None:
    (made,) = fed(
        Assembler(), down(flight="WN0720", mode="2", freq=131.55, errors=1, app="acarsdec", sublabel="M1", time=WALL + 99.0)
    )
    message = made.message
    assert made.is_new
    assert (message.text, message.label, message.tail, message.flight, message.msgno) == (
        "HELLO",
        "H1",
        "N123AB",
        "WN0720",
        "M55A",
    )
    assert (message.mode, message.errors, message.app, message.blocks, message.complete) == ("2", 1, "acarsdec", ("5",), True)
    assert message.label_name == "Message of the flight management computer, left"
    assert (message.time, message.receiver_time) == (WALL + 100.0, 100.0)
    assert [(s.name, s.freq, s.level, s.time) for s in message.stations] == [("one", 131.55, -12.0, WALL + 99.0)]
    assert is_id(message.id)


def test_a_station_whose_clock_is_wrong_is_given_ours() -> None:
    (made,) = fed(Assembler(), down(time=1_611_612_170.0))
    assert made.message.stations[0].time == WALL + 100.0


def test_a_frame_without_label_and_text_makes_no_message() -> None:
    assembler = Assembler()
    assert fed(assembler, Block(at=1.0, link="vdl2", hex="ABCDEF", position=DatalinkPosition(1.0, 2.0))) == []
    assert assembler.empty == 1


def test_an_acknowledgement_without_text_is_a_message() -> None:
    assert texts(fed(Assembler(), down("S07A", "", label="_d"))) == [("", True)]


def test_messages_of_the_same_moment_have_ids_of_their_own() -> None:
    blocks = [down(f"M{number:02}A", "SAME", at=100.0) for number in range(50)]
    assert len({made.message.id for made in fed(Assembler(), *blocks)}) == 50


def test_times_in_the_text_and_of_the_decoder_are_in_the_message() -> None:
    (made,) = fed(Assembler(), down("M01A", "KJFK1205EGLL", label="QE", times={"eta": "1835", "off": "9999"}))
    message = made.message
    assert (message.origin, message.out, message.destination, message.eta, message.off) == ("KJFK", "1205", "EGLL", "1835", "")


def test_an_uplink_has_neither_times_nor_position_of_the_aircraft() -> None:
    (made,) = fed(Assembler(), up("A", "KJFK1205EGLL POSN51.283W000.123", label="QE", more=False))
    assert (made.message.origin, made.message.position) == ("", None)


# -- hearings ----------------------------------------------------------------------------------------


def test_another_station_is_added_to_the_message_and_makes_no_new_one() -> None:
    first, second = fed(Assembler(), down(), down(at=103.0, station="two", level=-20.5))
    assert (first.is_new, second.is_new) == (True, False)
    assert second.message.id == first.message.id
    assert [(station.name, station.level) for station in second.message.stations] == [("one", -12.0), ("two", -20.5)]
    assert [station.name for station in first.message.stations] == ["one"]


def test_of_the_same_station_twice_the_better_level_is_kept() -> None:
    _, better = fed(Assembler(), down(level=-12.0), down(level=-15.0), down(level=None), down(level=-9.5))
    assert [(station.name, station.level) for station in better.message.stations] == [("one", -9.5)]
    assert not better.is_new


@pytest.mark.parametrize(
    "other",
    [
        {"tail": "N999"},
        {"label": "5Z"},
        {"block_id": "6"},
        {"text": "OTHER"},
        {"msgno": "M56A"},
        {"downlink": False, "msgno": None},
    ],
    ids=str,
)
def test_what_differs_in_the_key_is_another_message(other: dict[str, Any]) -> None:
    made = fed(Assembler(), down(), replace(down(station="two"), **other))
    assert [one.is_new for one in made] == [True, True]


def test_decoders_that_cut_lines_in_other_ways_say_the_same() -> None:
    made = fed(Assembler(), down("M55A", "LINE\r\nTWO\r\n"), down("M55A", "LINE\nTWO", station="two"))
    assert [one.is_new for one in made] == [True, False]


def test_a_registration_is_the_same_with_and_without_a_hyphen() -> None:
    made = fed(Assembler(), down(tail="G-EUUU"), down(tail="GEUUU", station="two"))
    assert [one.is_new for one in made] == [True, False]


def test_an_address_that_only_the_second_decoder_knows_is_added() -> None:
    known = {"A00001": Match("A00001", "SWA184", (1.0, 2.0))}
    assembler = Assembler(lambda message: known.get(message.hex or ""))
    first, second = fed(assembler, down(), down(station="two", hex="A00001"))
    assert (first.message.hex, first.message.matched) == (None, None)
    assert (second.message.hex, second.message.matched, second.message.callsign) == ("A00001", "A00001", "SWA184")
    assert not second.is_new


def test_the_window_slides_with_each_hearing_up_to_a_limit() -> None:
    assembler = Assembler()
    at, new = 100.0, []
    while at <= 100.0 + MAX_WINDOW_S + WINDOW_S:
        new += [at - 100.0 for made in fed(assembler, down(None, at=at, label="5Z", block_id=None)) if made.is_new]
        at += WINDOW_S - 1.0
    assert new == [0.0, 35.0]


def test_a_hearing_after_the_window_is_a_message_of_its_own() -> None:
    made = fed(Assembler(), up("A", "X", more=False), up("A", "X", at=100.0 + WINDOW_S + 0.5, more=False))
    assert [one.is_new for one in made] == [True, True]


def test_squitters_are_the_same_by_their_text_alone() -> None:
    def squitter(text: str, **fields: Any) -> Block:
        return Block(at=100.0, link="acars", label=SQUITTER, text=text, **fields)

    made = fed(
        Assembler(), squitter("02XSPERYPPH", station="a"), squitter("02XSPERYPPH", station="b", downlink=False), squitter("00XS")
    )
    assert [one.is_new for one in made] == [True, False, True]
    assert made[0].message.hex is None
    assert made[0].message.downlink is False


def test_a_restart_makes_nothing_twice() -> None:
    blocks = [
        down(),
        up("A", "X", more=False),
        Block(at=100.0, link="acars", label=SQUITTER, text="00XS"),
        down("S07A", "", label="_d"),
    ]
    stored = [made.message for made in fed(Assembler(), *blocks)]
    again = Assembler()
    # Another process: its steady clock began elsewhere.
    again.restore(stored, 7.0, WALL + 105.0)
    late = [replace(block, at=7.5, station="two") for block in blocks]
    made = [one for block in late for one in again.add(block, 7.5, WALL + 105.5)]
    assert [one.is_new for one in made] == [False] * 4
    assert [one.message.id for one in made] == [message.id for message in stored]
    assert [station.name for station in made[0].message.stations] == ["one", "two"]


def test_a_restart_knows_the_parts_of_a_stored_message() -> None:
    blocks = [down("M55A", "ONE ", more=True), down("M55B", "TWO", block_id="6")]
    (message,) = [made.message for made in fed(Assembler(), *blocks)]
    again = Assembler()
    again.restore([message], 500.0, WALL + 110.0)
    made = [one for block in blocks for one in again.add(replace(block, at=500.5, station="two"), 500.5, WALL + 110.5)]
    assert [(one.is_new, one.message.id) for one in made] == [(False, message.id)]
    assert again.waiting == 0


def test_what_was_stored_long_ago_or_in_the_future_is_not_restored() -> None:
    (made,) = fed(Assembler(), down())
    for wall in (WALL + 100.0 + HOLD_S + 1.0, WALL + 100.0 - HOLD_S - 1.0):
        again = Assembler()
        again.restore([made.message], 7.0, wall)
        assert [one.is_new for one in again.add(down(at=7.0), 7.0, wall)] == [True]


# -- messages of several blocks ----------------------------------------------------------------------

DOWNLINK = [
    down("M55A", "ONE ", block_id="3", more=True),
    down("M55B", "TWO ", block_id="4", more=True),
    down("M55C", "THREE", block_id="5"),
]
UPLINK = [up("M", "1"), up("N", "2"), up("O", "3"), up("P", "X", label="A4", more=False), up("Q", "4", more=False)]


def test_a_downlink_of_three_blocks_is_one_message() -> None:
    assembler = Assembler()
    assert fed(assembler, *DOWNLINK[:2]) == []
    assert assembler.waiting == 1
    (made,) = fed(assembler, DOWNLINK[2])
    assert (made.message.text, made.message.blocks, made.message.msgno, made.message.complete) == (
        "ONE TWO THREE",
        ("3", "4", "5"),
        "M55A",
        True,
    )
    assert assembler.waiting == 0


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_downlinks_blocks_may_come_in_any_order(order: tuple[int, ...]) -> None:
    assert texts(fed(Assembler(), *(DOWNLINK[place] for place in order))) == [("ONE TWO THREE", True)]


def test_two_messages_of_one_label_do_not_mix() -> None:
    other = [replace(block, msgno=f"M56{'ABC'[place]}", text=block.text.lower()) for place, block in enumerate(DOWNLINK)]
    mixed = [block for pair in zip(DOWNLINK, other, strict=True) for block in pair]
    assert texts(fed(Assembler(), *mixed)) == [("ONE TWO THREE", True), ("one two three", True)]


def test_a_c1_in_four_blocks_with_an_a4_in_between_is_one_c1_and_one_a4() -> None:
    made = fed(Assembler(), *UPLINK)
    assert [(one.message.label, one.message.text, one.message.blocks, one.message.complete) for one in made] == [
        ("A4", "X", ("P",), True),
        ("C1", "1234", ("M", "N", "O", "Q"), True),
    ]


@pytest.mark.parametrize("order", [(0, 2, 1, 3, 4), (0, 1, 2, 4, 3), (0, 4, 3, 2, 1), (1, 0, 2, 3, 4)], ids=str)
def test_an_uplinks_blocks_may_come_in_any_order(order: tuple[int, ...]) -> None:
    made = fed(Assembler(), *(UPLINK[place] for place in order))
    assert sorted(texts(made)) == [("1234", True), ("X", True)]


def test_block_ids_go_on_with_a_after_z() -> None:
    assert texts(fed(Assembler(), up("Y", "1"), up("Z", "2"), up("A", "3", more=False))) == [("123", True)]


def test_a_block_of_another_aircraft_explains_no_missing_block() -> None:
    assembler = Assembler()
    assert texts(fed(assembler, up("M", "1"), up("N", "X", label="A4", more=False, tail="N999"), up("O", "2", more=False))) == [
        ("X", True)
    ]
    assert texts(assembler.tick(100.0 + HOLD_S + 1.0, WALL)) == [("12", False)]


def test_an_id_of_long_before_explains_no_missing_block() -> None:
    made = fed(Assembler(), up("N", "X", at=60.0, label="A4", more=False), up("M", "1"), up("O", "2", more=False))
    assert texts(made) == [("X", True)]


def test_a_missing_block_is_waited_for_and_then_given_up() -> None:
    assembler = Assembler()
    fed(assembler, *DOWNLINK[:1])
    assert fed(assembler, replace(DOWNLINK[2], at=110.0)) == []
    assert assembler.tick(110.0 + HOLD_S, WALL) == []
    (made,) = assembler.tick(110.0 + HOLD_S + 0.1, WALL)
    assert (made.message.text, made.message.complete, made.is_new) == ("ONE THREE", False, True)
    assert assembler.incomplete == 1
    assert assembler.tick(500.0, WALL) == []


def test_a_block_after_the_end_begins_another_message() -> None:
    assembler = Assembler()
    made = fed(assembler, up("M", "1"), up("O", "3", more=False), up("P", "4"), up("Q", "5", more=False))
    assert texts(made) == [("13", False), ("45", True)]


def test_a_block_before_the_first_one_that_nothing_follows_is_one_by_itself() -> None:
    assert texts(fed(Assembler(), up("M", "1"), up("L", "BEFORE", more=False), up("N", "2", more=False))) == [
        ("BEFORE", True),
        ("12", True),
    ]


def test_a_block_of_which_nobody_says_whether_more_follow_is_one_by_itself() -> None:
    made = fed(Assembler(), down("M55A", "ONE", more=None), down("M55B", "TWO", more=None), up("A", "X", more=None))
    assert texts(made) == [("ONE", True), ("TWO", True), ("X", True)]


def test_such_a_block_continues_a_message_that_waits() -> None:
    assembler = Assembler()
    made = fed(assembler, DOWNLINK[0], replace(DOWNLINK[1], more=None), DOWNLINK[2])
    assert texts(made) == [("ONE TWO THREE", True)]
    assert fed(assembler, down("M57A", "ONE ", more=True), down("M57B", "TWO", more=None)) == []
    assert texts(assembler.tick(200.0, WALL)) == [("ONE TWO", False)], "its end is not known"


def test_what_the_decoder_has_joined_is_whole() -> None:
    assert texts(fed(Assembler(), down("M55C", "ONE TWO THREE", assembled=True, more=False))) == [("ONE TWO THREE", True)]


def test_what_the_decoder_has_joined_replaces_the_blocks_that_wait() -> None:
    assembler = Assembler()
    made = fed(assembler, *DOWNLINK[:2], replace(DOWNLINK[2], text="ONE TWO THREE", assembled=True, libacars={"miam": 1}))
    assert texts(made) == [("ONE TWO THREE", True)]
    assert (made[0].message.blocks, made[0].message.libacars) == (("3", "4", "5"), {"miam": 1})
    assert assembler.waiting == 0


@pytest.mark.parametrize("heard", [(0, 1), (0,), (1,)], ids=str)
def test_a_last_block_with_the_text_of_those_before_it_is_the_whole(heard: tuple[int, ...]) -> None:
    # As dumpvdl2 sends it where libacars has joined the blocks: nothing says so but the text.
    first, second, third = (replace(block, text=block.text * 10) for block in DOWNLINK)
    assembler = Assembler()
    last = replace(third, text=first.text + second.text + third.text)
    made = fed(assembler, *((first, second)[place] for place in heard), last, replace(third, station="two"))
    assert texts(made) == [(last.text, True)]
    assert [station.name for station in made[-1].message.stations] == ["one", "two"]
    assert assembler.waiting == 0


def test_blocks_of_what_another_stations_decoder_has_joined_make_nothing_new() -> None:
    whole = replace(DOWNLINK[2], text="ONE TWO THREE", assembled=True, station="two")
    for order in ([whole, *DOWNLINK], [*DOWNLINK, whole]):
        assembler = Assembler()
        made = fed(assembler, *order)
        assert texts(made) == [("ONE TWO THREE", True)]
        assert {station.name for station in made[-1].message.stations} == {"one", "two"}
        assert assembler.waiting == 0


def test_a_message_of_several_blocks_names_the_stations_of_each() -> None:
    assembler = Assembler()
    second = [replace(block, station="two", level=-3.0) for block in DOWNLINK]
    made = fed(assembler, DOWNLINK[0], second[0], second[1], DOWNLINK[2])
    assert [(station.name, station.level) for station in made[0].message.stations] == [("one", -12.0), ("two", -3.0)]


def test_a_block_that_is_sent_again_after_the_window_is_not_another_message() -> None:
    assembler = Assembler()
    made = fed(
        assembler,
        *DOWNLINK[:2],
        replace(DOWNLINK[1], at=115.0),
        replace(DOWNLINK[2], at=116.0),
        replace(DOWNLINK[2], at=130.0, station="two"),
    )
    assert texts(made) == [("ONE TWO THREE", True)]
    assert assembler.waiting == 0


def test_of_two_copies_of_a_block_the_one_with_fewer_errors_is_kept() -> None:
    worse, better = replace(DOWNLINK[1], text="T?O ", errors=3), replace(DOWNLINK[1], errors=0, station="two")
    for order in ([worse, better], [better, worse]):
        assert texts(fed(Assembler(), DOWNLINK[0], *order, DOWNLINK[2])) == [("ONE TWO THREE", True)]


@given(st.data())
def test_each_message_is_made_once_whoever_hears_its_blocks_in_which_order(data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=6), "blocks of each message")
    blocks = [
        down(f"M{number:02}{'ABCDE'[part]}", f"{number}.{part};", block_id=str(part), more=part < count - 1, station=station)
        for number, count in enumerate(counts)
        for part in range(count)
        for station in data.draw(st.sampled_from(["a", "b", "ab"]), "stations")
    ]
    assembler = Assembler()
    made = fed(assembler, *data.draw(st.permutations(blocks), "order"))
    assert sorted(texts(made)) == sorted(
        ("".join(f"{number}.{part};" for part in range(count)), True) for number, count in enumerate(counts)
    )
    assert assembler.waiting == 0


ANY_BLOCK = st.builds(
    Block,
    at=st.integers(100, 120),
    link=st.just("acars"),
    tail=st.sampled_from(["N1", None]),
    label=st.sampled_from(["H1", None]),
    block_id=st.sampled_from(["A", "B", "Z", "0", "9", "?", "", None]),
    msgno=st.sampled_from(["M55A", "M55B", "M", "", None]),
    more=st.sampled_from([True, False, None]),
    downlink=st.sampled_from([True, False, None]),
    assembled=st.booleans(),
)


@given(st.lists(ANY_BLOCK, min_size=1, max_size=8))
def test_any_blocks_at_all_make_messages_of_which_none_says_what_another_says(blocks: list[Block]) -> None:
    assembler = Assembler()
    made = texts(fed(assembler, *(replace(block, text=f"<{number}>") for number, block in enumerate(blocks))))
    made += texts(assembler.tick(1000.0, WALL))
    assert assembler.waiting == 0
    said = "".join(text for text, _ in made)
    assert 0 < len(said) <= len(blocks) * len("<0>")
    assert all(said.count(f"<{number}>") <= 1 for number in range(len(blocks)))


# -- positions and aircraft --------------------------------------------------------------------------


def test_a_message_has_its_live_aircraft_and_the_position_near_it() -> None:
    assembler = Assembler(lambda message: Match("A00001", "BAW117", (51.48, -0.2)) if message.tail == "N123AB" else None)
    (made,) = fed(assembler, down("M01A", "POSN51283W000123,,211733"))
    message = made.message
    assert (message.matched, message.callsign) == ("A00001", "BAW117")
    assert message.position is not None
    assert (round(message.position.lat, 3), message.position.source) == (51.472, "text")


def test_without_a_live_aircraft_an_undecided_position_is_none() -> None:
    (made,) = fed(Assembler(), down("M01A", "POSN51283W000123,,211733"))
    assert (made.message.matched, made.message.position) == (None, None)


def test_what_the_decoder_says_is_better_than_the_text() -> None:
    hfdl = DatalinkPosition(40.0, -70.0, source="hfdl")
    (made,) = fed(Assembler(), down("M01A", "N41.250W070.250", position=hfdl))
    assert made.message.position == hfdl
    report = {"arinc622": {"adsc": {"tags": [{"basic_report": {"lat": 35.3, "lon": -106.7, "alt": 35992}}]}}}
    (made,) = fed(Assembler(), down("M01A", "N41.250W070.250", libacars=report))
    assert made.message.position == DatalinkPosition(35.3, -106.7, 35992.0, "adsc")


# -- bounds ------------------------------------------------------------------------------------------


def test_a_message_without_end_is_given_up_when_ids_are_used_again() -> None:
    assembler = Assembler()
    blocks = [up("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26], f"{number};", at=100.0 + 20.0 * number) for number in range(40)]
    made = texts(fed(assembler, *blocks))
    assert made == [
        ("".join(f"{number};" for number in range(16)), False),
        ("".join(f"{number};" for number in range(16, 32)), False),
    ]
    assert texts(assembler.tick(2000.0, WALL)) == [("".join(f"{number};" for number in range(32, 40)), False)]


def test_open_messages_and_their_text_are_bounded() -> None:
    assembler = Assembler()
    made = fed(assembler, *(down("M55A", f"{number}", tail=f"N{number}", more=True) for number in range(MAX_OPEN + 100)))
    assert assembler.waiting == MAX_OPEN
    assert texts(made) == [(f"{number}", False) for number in range(100)], "the oldest ones are published"
    assembler = Assembler()
    long = "X" * 50_000
    made = fed(assembler, *(down("M55A", long + str(number), tail=f"N{number}", more=True) for number in range(90)))
    assert assembler.waiting * len(long) <= MAX_CHARACTERS


def test_hours_of_traffic_leave_no_more_than_a_minute_of_it() -> None:
    # A message every half second is what 500 a second leave of each minute, at the same bounds.
    assembler = Assembler()
    for number in range(1_500):
        at = number / 2
        fed(
            assembler,
            down(f"M{number % 100:02}A", f"T{number}", at=at, tail=f"N{number}", more=number % 3 == 0),
            up("A", f"U{number}", at=at, tail=f"N{number}"),
        )
        assembler.tick(at, WALL + at)
    assert len(assembler._duplicates) <= 2 * 2 * (WINDOW_S + 1)
    assert assembler.waiting <= 2 * 2 * (HOLD_S + 1)
    assert len(assembler._duplicates) < MAX_REMEMBERED
    assembler.tick(1e6, WALL)
    assert assembler.waiting == 0
    assert not assembler._parts._by_ids


def test_what_is_remembered_is_bounded() -> None:
    duplicates, draft = Duplicates(), Draft(0.0, 0.0)
    for number in range(MAX_REMEMBERED + 10):
        duplicates.remember(str(number).encode(), draft, 1, 0.0)
    assert len(duplicates) == MAX_REMEMBERED
    assert duplicates.find(b"9", 0.0) is None
    assert duplicates.find(b"10", 0.0) is draft
    duplicates.remember(b"large", draft, MAX_TEXTS, 0.0)
    assert len(duplicates) == 1, "the others have no room beside it"


def test_messages_that_are_known_after_they_were_made_and_aircraft_are_bounded() -> None:
    parts, message = Parts(), Message("1", 0.0, "acars", "C1", downlink=False, blocks=("M",), text="X")
    for number in range(MAX_CLOSED + 1):
        parts.close(replace(message, tail=f"N{number}"), Draft(0.0, 0.0, message=message), 0.0)
    assert parts.late(up("M", "X", tail="N0"), 0.0) is None
    assert parts.late(up("M", "X", tail="N1"), 0.0) is not None
    for number in range(MAX_AIRCRAFT + 1):
        parts.add(up("M", "X", tail=f"N{number}", more=False), Draft(0.0, 0.0), 0.0)
    assert len(parts._ids) == MAX_AIRCRAFT


def test_stations_of_one_message_are_bounded() -> None:
    assembler = Assembler()
    made = fed(assembler, *(down(station=f"s{number}") for number in range(200)))
    assert len(made[-1].message.stations) == 64
    assert made[-1].message == Message(**{name: getattr(made[-1].message, name) for name in Message.__slots__})
