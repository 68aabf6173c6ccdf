"""Claims about the FAA's NOTAM services. The item is one that the NOTAM API sent (published with another project's tests); NMS sends the same
features in another envelope."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.faa_notam import read_faa_notams
from skyspy.airspace.notam_codes import kind_of
from skyspy.airspace.records import Band

FIELDS: dict[str, Any] = {
    "id": "NOTAM_1_73849637", "series": "A", "number": "A2157/24", "type": "N", "issued": "2024-10-02T19:54:00.000Z", "affectedFIR": "KZJX",
    "selectionCode": "QCBLS", "minimumFL": "000", "maximumFL": "040", "location": "ZJX", "effectiveStart": "2024-10-02T19:50:00.000Z",
    "effectiveEnd": "2024-10-14T22:00:00.000Z", "text": "ZJX AIRSPACE ADS-B SER MAY NOT BE AVBL", "classification": "INTL", "accountId": "KZJX",
    "icaoLocation": "KZJX", "lowerLimit": "SFC", "upperLimit": "3999FT.",
}  # fmt: skip
ICAO = "A2157/24 NOTAMN\nQ) KZJX/QCBLS////000/040/\nA) KZJX\nB) 2410021950\nC) 2410142200 EST\nE) ZJX AIRSPACE ADS-B SER MAY NOT BE AVBL\nF) SFC   G) 3999FT."


def feature(icao: str | None = ICAO, **fields: Any) -> dict[str, Any]:
    translation = [
        {"type": "LOCAL_FORMAT", "simpleText": "ZJX ZJX"},
        *([{"type": "ICAO", "formattedText": icao}] if icao else []),
    ]
    core = {"notamEvent": {"scenario": "6000"}, "notam": FIELDS | fields, "notamTranslation": translation}
    return {"type": "Feature", "properties": {"coreNOTAMData": core}, "geometry": {"type": "GeometryCollection"}}


@pytest.mark.parametrize(
    "envelope", [lambda rows: {"items": rows}, lambda rows: {"status": "Success", "data": {"geojson": rows}}, list]
)
def test_the_icao_text_is_read_in_each_envelope(envelope: Any) -> None:
    (found,) = read_faa_notams(envelope([feature()])).items
    assert (found.id, found.fir, found.q_code, kind_of(found.q_code), found.subject) == (
        "KZJX:A2157/24",
        "KZJX",
        "QCBLS",
        "communications",
        "ADS-B",
    )
    assert (found.lower_fl, found.upper_fl, found.point, found.band) == (0, 40, None, Band(0.0, 3999.0, "SFC", "AMSL"))
    # 2024-10-02 19:50 and 2024-10-14 22:00 UTC.
    assert (found.valid_from, found.valid_to, found.estimated) == (1727898600.0, 1728943200.0, True)


@pytest.mark.parametrize("icao", [None, "", "NOT AVAILABLE", "<b>"])
def test_without_a_readable_text_the_fields_are_taken(icao: str | None) -> None:
    (found,) = read_faa_notams({"items": [feature(icao)]}).items
    (whole,) = read_faa_notams({"items": [feature()]}).items
    assert (found.id, found.q_code, found.lower_fl, found.upper_fl, found.band) == (whole.id, whole.q_code, 0, 40, whole.band)
    assert (found.valid_from, found.valid_to, found.estimated) == (1727898600.0, 1728943200.0, False)


def test_a_permanent_one_has_no_end_and_a_circle_is_read() -> None:
    (found,) = read_faa_notams(
        [feature(None, effectiveEnd="PERM", coordinates="4038N07346W", radius="5", traffic="IV", scope="AE")]
    ).items
    assert (found.valid_to, found.point, found.radius_nm) == (None, (40.6333, -73.7667), 5.0)
    assert (found.traffic, found.purpose, found.scope) == ("IV", "", "AE")


@pytest.mark.parametrize(
    "bad", [None, {}, {"properties": {"coreNOTAMData": []}}, feature(None, number=""), feature(None, effectiveEnd="soon"), feature(None, effectiveStart=None, issued=None)]
)  # fmt: skip
def test_a_bad_item_costs_itself(bad: object) -> None:
    read = read_faa_notams({"items": [bad, feature()]})
    assert (len(read.items), read.bad) == (1, 1)


def test_an_answer_without_notams_is_refused_or_empty() -> None:
    assert read_faa_notams({"items": []}).items == read_faa_notams(None).items == []
    for document in ({"error": "Unauthorized"}, {"data": {"url": "/x"}}, "x"):
        with pytest.raises(AirspaceError):
            read_faa_notams(document)
