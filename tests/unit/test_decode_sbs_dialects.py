"""SBS as other programs write it: multilateration results, geometric rates, signs, words and missing zeros."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.decode import FORMATS, Context
from tests.support.machine import ROOT

REPORTED = ROOT / "tests" / "data" / "reported"
NOW = 5000.0
DATES = "2024/01/01,10:00:00.000,2024/01/01,10:00:00.000"


def hear(line: str) -> tuple[str, dict[str, Any], float]:
    """Source, fields and time of the line's observation."""
    decoder = FORMATS["sbs"].make(Context())
    (observation,) = decoder.feed(line.encode() + b"\n", NOW)
    assert decoder.counters.bad == 0
    return observation.source, dict(observation.fields), observation.at


def test_the_extended_results_of_mlat_client_are_read() -> None:
    source, fields, at = hear((REPORTED / "ext_basestation.sbs").read_text().strip())
    assert source == "mlat"
    assert fields == {"alt_baro": 37000, "gs": 450.0, "track": 90.0, "lat": 47.1, "lon": 8.2, "baro_rate": 0}
    assert at == NOW


@pytest.mark.parametrize("kind", ["MLAT", "mlat"])
@pytest.mark.parametrize("tail", [",,,,,5,,120.0", ",,,,,,,", ",,,,", ""])
def test_they_may_lack_what_the_server_did_not_know(kind: str, tail: str) -> None:
    source, fields, _ = hear(f"{kind},3,1,1,4B1234,1,{DATES},SWR12,37000,,,47.1,8.2,,1000{tail}")
    assert (source, fields) == ("mlat", {"flight": "SWR12", "alt_baro": 37000, "lat": 47.1, "lon": 8.2, "squawk": "1000"})


@pytest.mark.parametrize(
    ("received", "sent", "delay"),
    [("10:00:00.000", "10:00:02.500", 2.5), ("23:59:58.000", "00:00:01.250", 3.25), ("10:00:01.000", "10:00:00.000", 0.0),
     ("09:00:00.000", "10:00:00.000", 0.0), ("", "", 0.0), ("noon", "10:00:00.000", 0.0)],
)  # fmt: skip
def test_they_are_dated_by_the_time_that_the_computation_took(received: str, sent: str, delay: float) -> None:
    _, _, at = hear(f"MLAT,3,1,1,4B1234,1,2024/01/01,{received},2024/01/02,{sent},,37000,450,90,47.1,8.2,0,,,,,,5,,120")
    assert at == pytest.approx(NOW - delay)


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [("-640H", "geom_rate", -640), ("640h", "geom_rate", 640), ("-640", "baro_rate", -640), ("+640", "baro_rate", 640),
     ("-640.0", "baro_rate", -640), ("0H", "geom_rate", 0)],
)  # fmt: skip
def test_a_rate_with_an_h_is_geometric(written: str, field: str, value: int) -> None:
    _, fields, _ = hear(f"MSG,4,1,1,4B1234,1,{DATES},,,450,90,,,{written},,,,,0")
    assert fields == {"gs": 450.0, "track": 90.0, field: value}


@pytest.mark.parametrize(
    ("written", "fields"),
    [("4300H", {"alt_geom": 4300}), ("4300.0", {"alt_baro": 4300}), ("+4300", {"alt_baro": 4300}), ("-75", {"alt_baro": -75}),
     ("ground", {"alt_baro": "ground"}), ("GND", {"alt_baro": "ground"}), ("Ground", {"alt_baro": "ground"}), ("H", {})],
)  # fmt: skip
def test_altitudes_are_read_as_they_are_written(written: str, fields: dict[str, Any]) -> None:
    assert hear(f"MSG,5,1,1,4B1234,1,{DATES},,{written},,,,,,,,,,")[1] == fields


@pytest.mark.parametrize(("written", "squawk"), [("21", "0021"), ("1000", "1000"), ('"1000"', "1000"), ("1000.0", None)])
def test_squawks_are_four_digits(written: str, squawk: str | None) -> None:
    assert hear(f"MSG,6,1,1,4B1234,1,{DATES},,,,,,,,{written},0,0,0,0")[1].get("squawk") == squawk


def test_a_quoted_callsign_is_read() -> None:
    assert hear(f'MSG,1,1,1,4B1234,1,{DATES},"SWR12",,,,,,,,,,,')[1] == {"flight": "SWR12"}


def test_a_byte_order_mark_costs_no_line() -> None:
    assert hear(f"\ufeffMSG,5,1,1,4B1234,1,{DATES},,4300,,,,,,,,,,")[1] == {"alt_baro": 4300}


@pytest.mark.parametrize(("written", "value"), [("true", 1), ("FALSE", 0), ("-1", 1), ("1", 1), ("0", 0)])
def test_flags_may_be_words(written: str, value: int) -> None:
    assert hear(f"MSG,6,1,1,4B1234,1,{DATES},,,,,,,,1000,{written},0,{written},0")[1] == {
        "squawk": "1000",
        "alert": value,
        "spi": value,
    }
