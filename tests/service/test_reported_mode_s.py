"""Mode S frames that were decoded wrongly once, sent by a receiver over TCP: what the tracker shows is what was sent.

The frames in tests/data/reported were made for this project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skyspy.aircraft import Record
from skyspy.clock import Clock
from skyspy.tracker import Limits, Tracker
from tests.support.sources import PATIENT, Ear, FakeReceiver, running, says, wait_for

REPORTED = Path(__file__).parents[1] / "data" / "reported"


class Shown(Ear):
    """A sink that gives what it hears to a tracker."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = Tracker(Limits(), None, "test")

    def __call__(self, record: Record) -> None:
        super().__call__(record)
        self.tracker.apply(self.heard[-1], Clock().steady())

    def aircraft(self, address: str) -> dict[str, Any]:
        self.tracker.take_delta(Clock().steady())
        return self.tracker.aircraft(address, Clock().steady()) or {}


def shown(name: str) -> Shown:
    """What is shown after a receiver has sent a file."""
    data = (REPORTED / name).read_bytes()
    receiver, sink = FakeReceiver(says(data, then_hang=True)), Shown()
    try:
        with running(f"avr://127.0.0.1:{receiver.port}", sink=sink, timing=PATIENT):
            wait_for(lambda: len(sink.heard) == data.count(b";"))
    finally:
        receiver.close()
    return sink


@pytest.mark.parametrize(
    ("name", "address", "fields"),
    [
        ("above_50000ft.avr", "4B1A01", {"alt_baro": 51000, "nic": 8}),
        ("above_50000ft.avr", "4B1A02", {"alt_baro": 50100, "nic": 8}),
        ("above_50000ft.avr", "4B1A03", {"alt_baro": 49000, "nic": 8}),
        ("above_50000ft.avr", "4B1A04", {"alt_baro": 66500, "nic": 8}),
        ("altitude_without_position_tc0.avr", "4B1C01", {"alt_baro": 12000}),
        ("tc0_altitude.avr", "4B1234", {"alt_baro": 34600, "flight": "JAM1"}),
        ("bds40.avr", "400F99", {"nav_altitude_mcp": 7008, "nav_qnh": 1016.0, "squawk": "2312"}),
        ("callsign_with_inner_blank.avr", "4B4004", {"flight": "N 12AB"}),
        ("callsign_with_inner_blank.avr", "4B4005", {"flight": "TST5"}),
        ("df17_says_on_ground.avr", "4B2001", {"alt_baro": "ground", "flight": "TST1"}),
        ("df17_says_on_ground.avr", "4B2002", {"alt_baro": "ground", "flight": "TST2"}),
        ("fl510.avr", "4B1234", {"alt_baro": 50025, "nic": 8}),
        ("gillham_negative.avr", "4B1234", {"alt_baro": 0}),
        ("negative_altitude_gillham.avr", "4B1B01", {"alt_baro": -400}),
        ("negative_altitude_gillham.avr", "4B1B02", {"alt_baro": 400}),
        ("negative_altitude_gillham.avr", "4B1B03", {"alt_baro": -400}),
        ("negative_altitude_gillham.avr", "4B1B04", {"alt_baro": -400}),
        ("one_ground_bit_at_35000ft.avr", "4B9001", {"alt_baro": 35000}),
        ("selected_altitude.avr", "4B1234", {"nav_altitude_mcp": 65280, "flight": "SEL"}),
    ],
)
def test_what_was_sent_is_shown(name: str, address: str, fields: dict[str, object]) -> None:
    aircraft = shown(name).aircraft(address)
    assert {field: aircraft.get(field) for field in fields} == fields


def test_altitudes_in_between_are_shown_as_they_came() -> None:
    def told(name: str, field: str) -> list[object]:
        return list(dict.fromkeys(observation.fields[field] for observation in shown(name).heard if field in observation.fields))

    assert told("gillham_negative.avr", "alt_baro") == [-1000, -500, -100, 0]
    assert told("fl510.avr", "alt_baro") == [51000, 50025]
    assert told("tc0_altitude.avr", "alt_baro") == [35000, 34900, 34800, 34700, 34600]
    assert told("selected_altitude.avr", "nav_altitude_mcp") == [2464, 1248, 65280, 7008]


def test_a_resolution_advisory_is_shown_as_readsb_shows_it() -> None:
    sink = shown("acas_ra.avr")
    told: list[Any] = [observation.fields["acas_ra"] for observation in sink.heard if "acas_ra" in observation.fields]
    assert [(advisory["df_type"], advisory["advisory"], advisory["threat_id_hex"]) for advisory in told] == [
        (17, "Monitor vertical Speed", "123456"),
        (20, "Level Off", "4b5678"),
        (16, "Level Off", "4b5678"),
    ]
    # While a squitter's advisory is fresh, that of a reply does not replace it.
    advisory = sink.aircraft("4B1234")["acas_ra"]
    assert {name: advisory[name] for name in advisory if name not in ("utc", "unix_timestamp")} == {
        "df_type": 17,
        "full_bytes": "8D4B1234E280000448D15873B4A4",
        "bytes": "E280000448D158",
        "ARA": "1000000",
        "RAT": "0",
        "MTE": "0",
        "RAC": "0000",
        "advisory_complement": "",
        "advisory": "Monitor vertical Speed",
        "TTI": "01",
        "threat_id_hex": "123456",
    }
    assert advisory["utc"][10] == " "
    assert advisory["unix_timestamp"] > 1.7e9
