"""Inputs that were read wrongly once, through the way on which they come: a file, TCP or HTTP."""

from __future__ import annotations

import pytest

from tests.support.machine import ROOT
from tests.support.sources import running, wait_for
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
