"""Claims about stored datalink messages, on every kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skyspy.datalink.message import DatalinkPosition, Message, Station
from skyspy.store.history import acars, acars_counts, words
from skyspy.store.history.acars import MessageSearch, key_of
from skyspy.store.history.acars_counts import Frames, LabelCount
from skyspy.store.history.words import words_of
from tests.support.acars import AT, a_message
from tests.support.history import Stores

DAY = int(AT // 86_400)


def write(stores: Stores, *messages: Message) -> None:
    stores.history.commit_now(acars.write_messages, messages)


def ids(found: list[Message]) -> list[int]:
    return [int(one.id.rpartition("-")[2]) for one in found]


def found(stores: Stores, **search: object) -> list[int]:
    return ids(stores.history.read(acars.page, MessageSearch(**search), None, 99))  # type: ignore[arg-type]


def found_words(stores: Stores, search: str) -> list[int]:
    return found(stores, words=words_of(search))


def test_a_message_is_read_as_it_was_written(stores: Stores) -> None:
    whole = a_message(
        sublabel="DF",
        mode="2",
        ground="EGLL7",
        complete=False,
        on_ground=False,
        origin="EGLL",
        destination="KJFK",
        out="0910",
        off="0920",
        on="1700",
        in_="1710",
        eta="1655",
        position=DatalinkPosition(51.5, -0.25, "ground", "adsc", AT - 3),
        libacars={"arinc622": {"adsc": {"tags": [{"basic_report": {"lat": 51.5}}]}}},
        app="dumpvdl2",
        errors=2,
        stations=(Station("ROOF-1", "acars-1", 131.725, -12.5, AT), Station(None, None, None, None, AT + 1)),
        demo=True,
    )
    bare = Message("message-0002", AT + 2, "hfdl")
    write(stores, whole, bare)
    assert stores.history.read(acars.one, whole.id) == whole
    assert stores.history.read(acars.one, bare.id) == bare
    unmatched = a_message(3, matched=None, callsign=None)
    write(stores, unmatched)
    assert stores.history.read(acars.one, unmatched.id) == unmatched
    assert stores.history.read(acars.one, "no such") is None


def test_another_hearing_changes_the_message_and_not_its_place(stores: Stores) -> None:
    write(stores, a_message(1), a_message(2))
    upto = stores.history.read(acars.last_change)
    more = replace(a_message(1), time=AT + 9, stations=(*a_message(1).stations, Station("HILL", None, 131.725, -3.0, AT + 3)))
    write(stores, more)
    assert found(stores) == [2, 1]
    changed = stores.history.read(acars.changed_since, upto)
    assert [(one.id, one.time, len(one.stations)) for one in changed.messages] == [("message-0001", AT + 1, 2)]
    assert stores.history.read(acars.changed_since, changed.upto).messages == []


def test_messages_of_one_moment_are_listed_each_once_page_by_page(stores: Stores) -> None:
    many = [a_message(number, time=AT + number // 4) for number in range(12)]
    write(stores, *many[:7])
    write(stores, *many[7:])
    listed: list[Message] = []
    while page := stores.history.read(acars.page, MessageSearch(), key_of(listed[-1]) if listed else None, 5):
        listed += page
    assert ids(listed) == list(range(11, -1, -1))


def test_a_page_goes_on_behind_a_message_that_was_deleted(stores: Stores) -> None:
    write(stores, a_message(1), a_message(3))
    assert ids(stores.history.read(acars.page, MessageSearch(), key_of(a_message(2)), 9)) == [1]


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ({"since": AT + 2}, [4, 3, 2]),
        ({"until": AT + 2}, [1]),
        ({"since": AT + 2, "until": AT + 3}, [2]),
        ({"hex": "ABCDEF"}, [2]),
        ({"hex": "4B1805"}, [4, 3, 1]),
        ({"tail": "g-abcd"}, [2]),
        ({"tail": "GABCD"}, [2]),
        ({"tail": "HB-JCA"}, [4, 3, 1]),
        ({"tail": "HBJC"}, []),
        ({"flight": "ba0001"}, [2]),
        ({"callsign": "baw"}, [2]),
        ({"callsign": "%"}, []),
        ({"label": "SQ"}, [3]),
        ({"link": "hfdl"}, [4]),
        ({"station": "hill"}, [4, 2]),
        ({"station": "hil_"}, []),
        ({"downlink": False}, [3]),
        ({"has_position": True}, [4]),
        ({"has_position": False}, [3, 2, 1]),
        ({"complete": False}, [1]),
        ({"demo": True}, [3]),
        ({"hex": "4B1805", "station": "ROOF-1", "demo": False}, [4, 1]),
    ],
)
def test_each_filter_finds_what_matches(stores: Stores, search: dict[str, object], wanted: list[int]) -> None:
    hill = Station("Hill", None, 131.55, -3.0, AT)
    write(
        stores,
        a_message(1, complete=False),
        a_message(2, hex="4B1805", matched="ABCDEF", tail="G-ABCD", flight="BA0001", callsign="BAW1", stations=(hill,)),
        a_message(3, label="SQ", downlink=False, demo=True),
        a_message(4, link="hfdl", tail="HBJCA", position=DatalinkPosition(1.0, 2.0), stations=(hill, *a_message(4).stations)),
    )
    assert found(stores, **search) == wanted


TEXTS = {
    1: "/POSN51283W000123,KJFK,..EGLL-KLAX",
    2: "CLRD TO KJFK VIA TESTO FL350 SQUAWK 1234",
    3: 'ATIS "B" WIND 27015KT (NEAR) AND OR NOT text:KJF\nE 5 12E5 1.5',
    4: "E 12 X",
}


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("kjfk", [2, 1]),
        ("KJF", [3, 2, 1]),
        ("egll", [1]),
        ("klax kjfk", [1]),
        ("fl350 wind", []),
        ("HB-JCA", [4, 3, 2, 1]),
        ("hb jca", [4, 3, 2, 1]),
        ("JCA", [4, 3, 2, 1]),
        ("JCA-HB", []),
        ("SWR123", [4, 3, 2, 1]),
        ("4b1805", [4, 3, 2, 1]),
        ("posn51283w", [1]),
        ("n51283w", []),
        ("E", [4, 3]),
        ("K", []),
        ('"', []),
        ('"B"', [3]),
        ("AND", [3]),
        ("NEAR(", [3]),
        ("text:KJFK", []),
        ("text:KJF", [3]),
        ("-wind", [3]),
        ("kjfk*", [2, 1]),
        ("wind:*", [3]),
        ("!wind", [3]),
        ("'wind'", [3]),
        ("wind | fl350", []),
        ("12e5", [3]),
        ("1.5", [3]),
        ("5KT", []),
    ],
)
def test_words_are_found_as_written_and_are_no_syntax(stores: Stores, search: str, wanted: list[int]) -> None:
    write(stores, *(a_message(number, text=text) for number, text in TEXTS.items()))
    if words_of(search):
        assert found_words(stores, search) == wanted
    else:
        assert wanted == []


def test_words_and_other_filters_hold_together(stores: Stores) -> None:
    write(stores, *(a_message(number, label="H1" if number % 2 else "SA") for number in range(8)))
    assert found(stores, words=words_of("wind"), label="SA", since=AT + 2, until=AT + 6) == [4, 2]


def test_a_text_that_is_written_anew_is_found_by_its_new_words_only(stores: Stores) -> None:
    write(stores, a_message(1, text="FIRST PART"))
    write(stores, a_message(1, text="SECOND PART"))
    assert (found_words(stores, "first"), found_words(stores, "second"), found_words(stores, "part")) == ([], [1], [1])


def test_what_the_air_sends_makes_no_batch_fail(stores: Stores) -> None:
    odd = a_message(
        1,
        text="NUL\0 AND HALF \ud800 CHARACTER",
        tail="X" * 500,
        label="_\x7f" * 99,
        libacars={"half": "\ud800"},
        errors=10**12,
        stations=(Station("\0" * 3 + "Y" * 500 + "\n", None, None, None, float("nan")),),
    )
    write(stores, odd, a_message(2), a_message(3, time=float("inf")), a_message(4, time=-5.0))
    read = stores.history.read(acars.one, odd.id)
    assert read is not None
    assert read.text == "NUL AND HALF ? CHARACTER"
    assert (len(read.tail or ""), read.libacars, read.errors) == (16, None, 2**31 - 1)
    assert found(stores) == [3, 2, 1, 4]


def test_a_long_text_without_blanks_is_stored_whole(stores: Stores) -> None:
    write(stores, a_message(1, text="A7F" * 20_000))
    assert found(stores) == [1]
    read = stores.history.read(acars.one, "message-0001")
    assert read is not None
    assert len(read.text) == 60_000


def test_a_process_that_starts_reads_what_was_heard_lately_the_oldest_first(stores: Stores) -> None:
    write(stores, a_message(1), a_message(2))
    write(stores, a_message(50), a_message(40))
    write(stores, replace(a_message(1), stations=(Station("HILL", None, None, None, AT + 60),)))
    lately = stores.history.read(acars.lately, AT + 30)
    assert ids(lately.messages) == [1, 40, 50]
    assert lately.upto == stores.history.read(acars.last_change)
    assert ids(stores.history.read(acars.lately, AT + 30, 2).messages) == [40, 50]


@pytest.mark.parametrize("most", [0, 2, 1000])
def test_a_page_goes_on_where_the_one_before_ended_however_frequent_the_words_are(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(words, "MAX_FEW", most)
    monkeypatch.setattr(acars, "EXAMINED", 4)
    write(stores, *(a_message(number, text="RARE" if number in (2, 5, 11) else "WIND") for number in range(12)))
    for search, wanted in (("rare", [11, 5, 2]), ("wind", [10, 9, 8, 7, 6, 4, 3, 1, 0]), ("none", [])):
        listed: list[Message] = []
        after = None
        while True:
            more, after = stores.history.read(acars.step, MessageSearch(words=words_of(search)), after, 2)
            listed += more
            if after is None:
                break
        assert ids(listed) == wanted
    assert found(stores, words=words_of("wind"), since=AT + 3, until=AT + 9) == [8, 7, 6, 4, 3]


@pytest.mark.parametrize("given", [{}, {"words": words_of("report")}, {"hex": "4B1805"}])
def test_a_search_without_an_index_looks_at_so_many_messages_in_a_step(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    monkeypatch.setattr(acars, "EXAMINED", 4)
    write(stores, *(a_message(number, complete=number not in (0, 6)) for number in range(11)))
    steps, after = [], None
    while True:
        more, after = stores.history.read(acars.step, MessageSearch(complete=False, **given), after, 5)
        steps.append(ids(more))
        if after is None:
            break
    assert steps == [[], [6], [0]]


# What is counted


def test_a_message_and_each_of_its_stations_are_counted_once_however_often_they_are_written(stores: Stores) -> None:
    roof, hill = Station("ROOF", "acars-1", 131.725, -12.5, AT), Station("HILL", None, 131.725, -3.0, AT + 2)
    write(stores, a_message(1, stations=(roof,), errors=2), a_message(2, stations=(replace(roof, level=-9.0),)))
    write(stores, a_message(1, stations=(roof, hill), errors=2))
    write(stores, a_message(1, stations=(roof, hill), errors=2))
    heard = stores.history.read(acars_counts.stations, DAY, DAY)
    assert [(one.station, one.receiver, one.messages, one.errors, one.level) for one in heard] == [
        ("ROOF", "acars-1", 2, 2, -9.0),
        ("HILL", "", 1, 0, -3.0),
    ]
    assert stores.history.read(acars_counts.statistics, DAY, DAY, 9).messages == 2


def test_frames_without_text_are_added_to_their_station(stores: Stores) -> None:
    frames = Frames("vdl2", "ROOF", None, AT + 5, 40, -20.0, 3)
    stores.history.commit_now(acars.write_messages, [], [frames])
    stores.history.commit_now(acars.write_messages, [], [replace(frames, time=AT + 9, frames=2, level=None)])
    [one] = stores.history.read(acars_counts.stations, DAY, DAY)
    assert (one.messages, one.frames, one.errors, one.level, one.first, one.last) == (0, 42, 6, -20.0, AT + 5, AT + 9)


def test_the_messages_of_some_days_are_counted_by_link_label_and_day(stores: Stores) -> None:
    write(
        stores,
        a_message(1),
        a_message(2, label=None, link="hfdl", downlink=None, position=DatalinkPosition(1.0, 2.0), matched=None),
        a_message(3, complete=False, downlink=False),
        a_message(4, demo=True),
        a_message(90_000),
        a_message(900_000),
    )
    numbers = stores.history.read(acars_counts.statistics, DAY, DAY + 1, 1)
    assert (numbers.messages, numbers.downlinks, numbers.with_position, numbers.incomplete, numbers.matched) == (4, 2, 1, 1, 3)
    assert numbers.by_link == (("acars", 3), ("hfdl", 1))
    assert numbers.by_label == (LabelCount("acars", "H1", 3),)
    assert numbers.by_day == ((DAY, 3), (DAY + 1, 1))
    assert stores.history.read(acars_counts.statistics, DAY, DAY, 9, count_demo=True).messages == 4
    assert stores.history.read(acars_counts.statistics, 1, 2, 9).messages == 0


def test_names_of_stations_that_somebody_invents_do_not_fill_the_table(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acars_counts, "MAX_STATIONS", 3)
    for start in (0, 4):
        frames = [Frames("acars", f"S{number}", "r", AT, 1) for number in range(start, start + 4)]
        stores.history.commit_now(acars.write_messages, [], frames)
    heard = stores.history.read(acars_counts.stations, DAY, DAY)
    assert sorted((one.station, one.frames) for one in heard) == [("", 5), ("S0", 1), ("S1", 1), ("S2", 1)]
