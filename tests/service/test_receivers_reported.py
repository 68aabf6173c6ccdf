"""Inputs that were read wrongly once, through the way on which they come: a file, TCP or HTTP."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from skyspy.api.readsb import to_readsb
from skyspy.tracker import relayed_fields
from tests.support.machine import ROOT
from tests.support.sources import PATIENT, Web, http, running, wait_for
from tests.support.told import TrackedEar, telling

REPORTED = ROOT / "tests" / "data" / "reported"


def replayed(name: str) -> TrackedEar:
    """The tracker after a file was replayed to its end."""
    ear = TrackedEar()
    with running(f"replay://{REPORTED / name}", sink=ear, clock=ear.clock) as feeds:
        wait_for(lambda: "to its end" in (feeds.status()[0]["error"] or ""))
        assert feeds.status()[0]["bad"] == 0
    return ear


# -- the extended results of mlat-client ---------------------------------------------------------

MLAT = {"alt_baro": 37000, "gs": 450.0, "track": 90.0, "lat": 47.1, "lon": 8.2, "baro_rate": 0, "type": "mlat", "source": "mlat"}


@pytest.mark.parametrize("way", ["file", "tcp"])
def test_the_extended_results_of_mlat_client_are_shown_as_multilateration(way: str) -> None:
    if way == "file":
        ear = replayed("ext_basestation.sbs")
    else:
        ear = TrackedEar()
        with telling(ear, "sbs") as (receiver,):
            receiver.say((REPORTED / "ext_basestation.sbs").read_bytes())
    ear(ear.heard[0])  # an aircraft is listed from its second message
    aircraft = ear.shown("4B1234")
    assert {name: aircraft[name] for name in MLAT} == MLAT


# -- the lists of other programs -----------------------------------------------------------------

LISTS = {"4B8001": ("mlat", ["lat", "lon", "gs", "track"], []), "4B8002": ("tisb_icao", [], ["lat", "lon", "gs", "track"]),
         "4B8003": ("adsb_icao", [], [])}  # fmt: skip


def polled(documents: list[bytes]) -> TrackedEar:
    """The tracker after these documents were polled, the last one again and again."""
    ear, answers = TrackedEar(), chain(documents, repeat(documents[-1]))
    web = Web(lambda _: http(next(answers)))
    try:
        with running(f"http://127.0.0.1:{web.port}/data/aircraft.json#interval=0.1", sink=ear, timing=PATIENT):
            wait_for(lambda: len(web.requests) > len(documents))
    finally:
        web.close()
    return ear


@pytest.mark.parametrize("way", ["file", "http"])
def test_what_dump1090_fa_relays_or_computes_is_no_adsb(way: str) -> None:
    name = "fa_aircraft_json_mlat.json"
    ear = replayed(name) if way == "file" else polled((REPORTED / name).read_bytes().splitlines())
    for hex_, (kind, mlat, tisb) in LISTS.items():
        aircraft = ear.shown(hex_)
        assert (aircraft["type"], aircraft["source"]) == (kind, kind.removesuffix("_icao"))
        [tracked] = [one for one in ear.tracker.states() if one.hex == hex_]
        out = to_readsb(aircraft, relayed_fields(tracked))
        assert (out["mlat"], out["tisb"]) == (mlat, tisb)
        assert aircraft["squawk"] == "1000"


# -- JSON as it is found -------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["file", "tcp"])
def test_readsbs_json_port_is_read_with_owners(way: str) -> None:
    name = "readsb_json_port_with_ownop.jsonl"
    if way == "file":
        ear = replayed(name)
    else:
        ear = TrackedEar()
        with telling(ear, "json") as (receiver,):
            receiver.say((REPORTED / name).read_bytes(), 12)
    one, two = ear.shown("4B1B01"), ear.shown("4B1B02")
    assert (one["ownOp"], one["year"], one["flight"], one["lat"], one["alt_baro"]) == (
        "A FLYING CLUB",
        "2004",
        "TST01",
        47.1,
        5025,
    )
    assert (two["flight"], two["lon"]) == ("TST02", 8.3)


@pytest.mark.parametrize("way", ["file", "http"])
def test_one_control_character_does_not_cost_the_sky(way: str) -> None:
    name = "tab_in_text.json"
    ear = replayed(name) if way == "file" else polled((REPORTED / name).read_bytes().splitlines())
    assert (ear.shown("4B1D01")["ownOp"], ear.shown("4B1D01")["lon"]) == ("A B", 8.1)
    assert ear.shown("4B1D02")["lon"] == 8.2


def test_a_record_that_cannot_be_read_costs_one_aircraft_over_http() -> None:
    lines = [line.replace(b'"A\tB"', b'"A "B" C"') for line in (REPORTED / "tab_in_text.json").read_bytes().splitlines()]
    ear = polled(lines)
    assert {observation.hex for observation in ear.heard} == {"4B1D02"}
