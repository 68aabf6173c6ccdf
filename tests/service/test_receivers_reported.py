"""Inputs that were read wrongly once, through the way on which they come: a file, TCP or HTTP."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from skyspy.api.readsb import to_readsb
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
        out = to_readsb(aircraft, ear.tracker.relayed(hex_))
        assert (out["mlat"], out["tisb"]) == (mlat, tisb)
        assert aircraft["squawk"] == "1000"
