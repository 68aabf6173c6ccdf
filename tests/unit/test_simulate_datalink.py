"""Claims about simulated messages over data links: every kind comes in its turn, in the forms that aircraft and ground stations use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from skyspy.datalink.assembly import Assembler
from skyspy.datalink.message import ACARS, HFDL, INMARSAT, IRIDIUM, VDL2, Block
from skyspy.feedurl import INCIDENTS as AMOUNTS
from skyspy.geo import distance_nm
from skyspy.simulate import DEFAULT_CENTRE, Simulation
from skyspy.simulate.datalink import DISTANT_COUNTRIES, EVERY_S, MAX_WAITING, Datalink
from skyspy.simulate.datalink_exchanges import EXCHANGES, MAX_TEXT
from skyspy.simulate.datalink_texts import Plane, adsc_report, arinc_crc, degrees_minutes, squitter
from skyspy.simulate.names import COUNTRIES, INCIDENT_COUNTRIES, MILITARY
from tests.support.airports import shipped

T0 = 1_764_250_000.0
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "acars_router"
SECONDS = round(2.5 * len(EXCHANGES) * EVERY_S["all"])


def traffic(seconds: int = SECONDS, step: int = 1, seed: int = 1, every: float = EVERY_S["all"]) -> Iterator[Block]:
    """What is sent in so many seconds from T0; steady seconds count from 0."""
    airports = shipped()
    simulation, sent = Simulation(seed, 30, DEFAULT_CENTRE, airports), Datalink(seed, DEFAULT_CENTRE, every, airports)
    for second in range(0, seconds, step):
        since, until = T0 + second, T0 + second + step
        heard = simulation.observations(since, until, float(second + step))
        yield from sent.blocks(heard, since, until, float(second + step))


@cache
def sent() -> tuple[Block, ...]:
    return tuple(traffic())


def of(label: str | None, link: str = ACARS) -> list[Block]:
    """Of each block once, however many stations heard it."""
    return [
        one
        for one in sent()
        if (one.label, one.link) == (label, link) and (one.station or "").endswith(("1", "HF", "SAT", "IRDM"))
    ]


def test_every_kind_of_message_comes_on_every_link() -> None:
    assert {one.link for one in sent()} == {ACARS, VDL2, HFDL, INMARSAT, IRIDIUM}
    found = {one.label for one in sent()}
    wanted = {"H1", "80", "C1", "A3", "A4", "A9", "B3", "B4", "AA", "BA", "B6", "SQ", "Q0", "Q1", "Q2", "QP", "_d", "SA", None}
    assert wanted <= found
    assert all(one.demo and one.app == "simulated" and one.freq and one.level and one.station for one in sent())


def test_the_url_of_simulated_traffic_names_how_many_there_are() -> None:
    assert set(AMOUNTS) == set(EVERY_S)
    assert list(traffic(60, every=EVERY_S["none"])) == []
    assert 0 < len(list(traffic(120, every=EVERY_S["few"]))) < len([one for one in sent() if one.at <= 120])


def test_two_simulations_of_one_seed_send_the_same() -> None:
    assert tuple(traffic(100)) == tuple(one for one in sent() if one.at <= 100)
    assert tuple(traffic(100, seed=2)) != tuple(one for one in sent() if one.at <= 100)


def test_blocks_are_dated_by_both_clocks_and_come_in_order() -> None:
    assert all(one.time is not None and one.time - T0 == pytest.approx(one.at, abs=1e-3) for one in sent())
    assert [one.at for one in sent()] == sorted(one.at for one in sent())


def test_texts_fit_in_a_block_and_are_ascii() -> None:
    for one in sent():
        assert len(one.text) <= MAX_TEXT, one
        assert re.fullmatch(r"[ -~\r\n]*", one.text), one


def test_half_of_what_is_sent_on_vhf_is_heard_by_two_stations_and_no_other_link() -> None:
    copies = [one for one in sent() if (one.station or "").endswith("2")]
    assert {one.link for one in copies} == {ACARS, VDL2}
    firsts = [one for one in sent() if one.link in (ACARS, VDL2) and one not in copies]
    assert 0.3 < len(copies) / len(firsts) < 0.7
    for copy in copies:
        same = [
            one
            for one in firsts
            if (one.tail, one.text, one.msgno, one.block_id, one.label)
            == (copy.tail, copy.text, copy.msgno, copy.block_id, copy.label)
        ]
        assert any(0.0 < copy.at - one.at < 0.5 and (copy.level or 0) < (one.level or 0) for one in same)


def test_a_loadsheet_is_in_blocks_m_n_o_and_q_with_another_uplink_in_between() -> None:
    # The letters are those of the issue: "a C1 in blocks M, N, O, Q with an A4 in between".
    parts = [
        one
        for one in sent()
        if one.label in ("C1", "A4") and one.block_id in tuple("MNOPQ") and (one.station or "").endswith("1")
    ]
    first = next(place for place, one in enumerate(parts) if "LOADSHEET FINAL" in one.text)
    assert [(one.label, one.block_id, one.more) for one in parts[first : first + 5]] == [
        ("C1", "M", True), ("C1", "N", True), ("C1", "O", True), ("A4", "P", False), ("C1", "Q", False),
    ]  # fmt: skip
    assert len({one.tail for one in parts[first : first + 5]}) == 1
    assert not any(one.downlink for one in parts)


def test_what_is_sent_makes_whole_messages_each_once() -> None:
    assembler, found = Assembler(lambda _: None), {}
    for one in sent():
        for made in (*assembler.tick(one.at, T0 + one.at), *assembler.add(one, one.at, T0 + one.at)):
            found[made.message.id] = made.message
    for made in assembler.tick(SECONDS + 100.0, T0 + SECONDS + 100.0):
        found[made.message.id] = made.message
    messages = list(found.values())
    assert all(message.complete and message.demo for message in messages)
    loadsheets = [message for message in messages if "LOADSHEET FINAL" in message.text]
    assert loadsheets and all(one.blocks == ("M", "N", "O", "Q") and "END LOADSHEET" in one.text for one in loadsheets)
    reports = [message for message in messages if message.text.startswith("A02/")]
    assert reports and all(len(one.blocks) == 3 and one.text.endswith(",END") for one in reports)
    assert {len(message.stations) for message in messages} == {1, 2}
    assert {message.position.source for message in messages if message.link == INMARSAT and message.position} == {"adsc"}
    times = [message for message in messages if message.label == "Q1"]
    assert times and all(one.destination == "LSZH" and one.out and one.off and one.on and one.in_ for one in times)


def test_a_report_in_three_parts_has_one_number_and_the_letters_a_b_c() -> None:
    reports = [one for one in of("H1") if one.sublabel == "DF"]
    first = next(place for place, one in enumerate(reports) if (one.msgno or "").endswith("A"))
    three = reports[first : first + 3]
    assert [(one.msgno or "")[-1] for one in three] == ["A", "B", "C"]
    assert len({(one.msgno or "")[:-1] for one in three}) == 1
    assert [one.more for one in three] == [True, True, False]
    ids = [int(one.block_id or "") for one in three]
    assert [(after - before) % 10 for before, after in pairwise(ids)] == [1, 1]


def test_a_flight_reports_where_it_goes_when_it_leaves_the_gate() -> None:
    # QP: 0 origin, 4 destination, 8 OUT; Q1: 0 origin, then OUT, OFF, ON, IN, and 24 destination.
    [*reports] = of("QP")
    assert all(re.fullmatch(r"LSZH[A-Z]{4}([01]\d|2[0-3])[0-5]\d", one.text) for one in reports) and reports
    assert all(re.fullmatch(r"[A-Z]{4}(\d{4}){4} {4}LSZH", one.text) for one in of("Q1"))


def test_positions_in_texts_are_where_the_aircraft_are() -> None:
    # 47° 28.3' N and 8° 33.0' E; 33° 56.7' S and 151° 10.6' W.
    assert degrees_minutes((47 + 28.3 / 60, 8.55)) == "N47283E008330"
    assert degrees_minutes((-(33 + 56.7 / 60), -(151 + 10.6 / 60))) == "S33567W151106"
    assert degrees_minutes((0.99999, 179.99999)) == "N01000E180000"
    for one in of("H1", VDL2):
        match = re.match(r"POSN(\d\d)(\d\d\d)E(\d\d\d)(\d\d\d),", one.text)
        assert match is not None
        point = int(match[1]) + int(match[2]) / 600, int(match[3]) + int(match[4]) / 600
        assert distance_nm(point, DEFAULT_CENTRE) < 150


def test_a_squitter_has_the_form_of_recorded_ones() -> None:
    # As recorded: 02XSPERYPPH03155S11557EV136975/ (Perth: 31° 55' S, 115° 57' E).
    assert squitter("PER", "YPPH", (-(31 + 55.5 / 60), 115 + 57.2 / 60)) == "02XSPERYPPH03155S11557EV136975/"
    assert all((one.tail, one.hex, one.flight, one.downlink) == (None, None, None, False) for one in of("SQ"))


def recorded_report() -> dict[str, Any]:
    if not RECORDED.is_dir():
        pytest.skip("the recorded messages of acars_router are not on this machine")
    lines = [line for path in sorted(RECORDED.glob("vdlm2*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    acars: dict[str, Any] = next(json.loads(line)["vdl2"]["avlc"]["acars"] for line in lines if "basic_report" in line)
    return acars


def test_an_adsc_report_is_what_a_recorded_one_is_for_the_same_place() -> None:
    acars = recorded_report()
    told = next(tag["basic_report"] for tag in acars["arinc622"]["adsc"]["tags"] if "basic_report" in tag)
    plane = Plane("A0B0C0", "N7726A", "SWA720", (told["lat"], told["lon"]), told["alt"], 0.0, 0.0, "KABQ", "KDEN")
    ours = adsc_report(plane, T0 - T0 % 3600 + told["ts_sec"]).hex().upper()
    assert ours in acars["msg_text"]
    body = acars["msg_text"].partition(".ADS.N7726A")[2]
    assert arinc_crc(b"ADS.N7726A" + bytes.fromhex(body[:-4])) == int(body[-4:], 16)


def test_the_text_of_an_adsc_report_and_its_json_say_the_same() -> None:
    for one in of("B6", INMARSAT):
        assert one.libacars is not None
        told = one.libacars["arinc622"]["adsc"]["tags"][0]["basic_report"]
        payload = bytes.fromhex(one.text[-26:-4])
        bits = int.from_bytes(payload[1:], "big")
        lat = (bits >> 59) * 180 / 2**20
        assert lat == pytest.approx(told["lat"], abs=2e-4)
        assert (bits >> 22 & 0xFFFF) * 4 == pytest.approx(told["alt"], abs=2)


def test_aircraft_out_of_reach_have_addresses_of_no_other_simulated_flight_and_report_from_far_away() -> None:
    others = [(one.first, one.last) for one in (*COUNTRIES, *INCIDENT_COUNTRIES, MILITARY)]
    own = [(one.first, one.last) for one in DISTANT_COUNTRIES]
    assert all(last < low or first > high for first, last in own for low, high in others)
    places = [one for one in sent() if one.link == HFDL and one.position is not None]
    assert {one.position.source for one in places if one.position is not None} == {"hfdl"}
    assert len({one.hex for one in places}) == 2
    for one in places:
        assert one.position is not None and one.hex is not None
        assert 150 < distance_nm((one.position.lat, one.position.lon), DEFAULT_CENTRE) < 400
        assert any(first <= int(one.hex, 16) <= last for first, last in own)
        assert (one.text, one.label, one.tail) == ("", None, None)


def test_a_frame_without_text_says_where_an_aircraft_is() -> None:
    frames = of(None, VDL2)
    assert frames and all(
        one.position is not None and one.position.source == "xid" and one.hex and not one.text for one in frames
    )


def test_who_falls_silent_says_nothing_more_and_a_flood_is_bounded() -> None:
    airports = shipped()
    simulation, made = Simulation(1, 30, DEFAULT_CENTRE, airports), Datalink(1, DEFAULT_CENTRE, 5.0, airports)
    made.blocks(simulation.observations(T0, T0 + 1, 1.0), T0, T0 + 1, 1.0)
    made.blocks([], T0 + 1, T0 + 60, 60.0)
    later = [one for second in range(60, 200) for one in made.blocks([], T0 + second, T0 + second + 1, second + 1.0)]
    assert later and all(one.link in (HFDL, INMARSAT, IRIDIUM) for one in later)
    heard = simulation.observations(T0 + 200, T0 + 201, 201.0)
    one = next(one for one in heard if re.match(r"[A-Z]{3}\d", str(one.fields.get("flight"))) and one.source == "adsb_icao")
    many = [replace(one, hex=f"{n:06X}", fields={**one.fields, "alt_baro": "ground"}) for n in range(1, 4000)]
    at_once, copies = made.blocks(many, T0 + 200, T0 + 260, 260.0), made.blocks([], T0 + 260, T0 + 268, 268.0)
    assert MAX_WAITING <= len(at_once) + len(copies) <= MAX_WAITING + 10, "what came of the last turn is beside them"


def test_after_a_long_pause_few_turns_are_made_up_for() -> None:
    made = Datalink(1, DEFAULT_CENTRE, 5.0, shipped())
    assert len(made.blocks([], T0, T0 + 1e6, 1e6)) < 20
