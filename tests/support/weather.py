"""Documents of the Aviation Weather Center and the FAA's map of flight restrictions, for tests.

`recorded(name)`: those of the shared folder, where they are. The constants are objects as the service sends them, with the values of its
published examples; those for which there is no recording (TAF, PIREP, CWA) have the fields of the service's description.
"""

from __future__ import annotations

import json
from typing import Any

from tests.support.machine import CAPTURES, missing

FOLDER = CAPTURES / "aviationweather-samples"


def recorded(name: str) -> Any:
    """The JSON of a recorded document, such as `metar.json`."""
    path = FOLDER / name
    if not path.exists():
        missing(f"the recorded {name} beside the project")
    return json.loads(path.read_text(encoding="utf-8"))


TAF: dict[str, Any] = {
    "icaoId": "KORD",
    "bulletinTime": "2023-11-03 23:20:00.000Z",
    "issueTime": "2023-11-03 23:20:00.000Z",
    "validTimeFrom": 1699056000,
    "validTimeTo": 1699164000,
    "rawTAF": "KORD 032320Z 0400/0506 VRB05KT P6SM FEW050 SCT080 OVC110 TEMPO 0401/0403 -SHRA BKN050",
    "mostRecent": 1,
    "lat": 41.9602,
    "lon": -87.9316,
    "elev": 202,
    "name": "Chicago/O'Hare Intl, IL, US",
    "fcsts": [
        {
            "timeFrom": 1699056000, "timeTo": 1699077600, "timeBec": None, "fcstChange": None, "probability": None, "wdir": "VRB", "wspd": 5,
            "wgst": None, "visib": "6+", "wxString": None, "clouds": [{"cover": "FEW", "base": 5000, "type": None}, {"cover": "OVC", "base": 11000}],
        },
        {"timeFrom": 1699059600, "timeTo": 1699066800, "fcstChange": "TEMPO", "wdir": None, "visib": "3/4", "wxString": "-SHRA", "clouds": []},
    ],
}  # fmt: skip

PIREP: dict[str, Any] = {
    "receiptTime": "2026-03-28T04:40:07.395Z", "obsTime": 1774672320, "icaoId": "KWBC", "acType": "C17", "lat": 40.0143, "lon": -73.7172,
    "fltLvl": 70, "fltLvlType": "OTHER", "clouds": None, "wxString": "", "temp": -10, "wdir": None, "wspd": None,
    "icgBas1": 50, "icgTop1": 80, "icgInt1": "LGT", "icgType1": "RIME", "icgInt2": "", "tbBas1": None, "tbTop1": None, "tbInt1": "", "tbInt2": "",
    "pirepType": "PIREP", "rawOb": "MJX UA /OV CYN080035/TM 0432/FL070/TP C17/TA M10/IC LGT RIME 050-080",
}  # fmt: skip

CWA: dict[str, Any] = {
    "cwsu": "ZJX", "name": "Jacksonville", "validTimeFrom": 1779163200, "validTimeTo": 1779170400, "seriesId": 101, "hazard": "TS",
    "qualifier": "AREA", "base": None, "top": 45000, "geom": "AREA", "cwaText": "ZJX CWA 101 VALID UNTIL 0600Z AREA TS MOV E",
    "coords": [{"lat": 31.0, "lon": -83.0}, {"lat": 31.5, "lon": -80.5}, {"lat": 29.8, "lon": -80.2}, {"lat": 29.4, "lon": -82.8}],
}  # fmt: skip

# Two SIGMETs of Indonesia: the second cancels the first.
ERUPTION: dict[str, Any] = {
    "icaoId": "WAAA", "firId": "WAAF", "firName": "WAAF UJUNG PANDANG", "validTimeFrom": 1628594760, "validTimeTo": 1628615820, "seriesId": "07",
    "hazard": "VA", "qualifier": None, "base": 0, "top": 15000, "geom": "AREA", "dir": "SW", "spd": "05", "chng": "NC",
    "coords": [{"lat": -8.1, "lon": 112.9}, {"lat": -8.3, "lon": 112.6}, {"lat": -8.5, "lon": 112.8}],
    "rawSigmet": "WVID21 WAAA 101126\nWAAF SIGMET 07 VALID 101126/101717 WAAA-\nWAAF UJUNG PANDANG FIR VA ERUPTION MT SEMERU",
}  # fmt: skip
CANCELLED: dict[str, Any] = {
    "icaoId": "WAAA", "firId": "WAAF", "firName": "WAAF UJUNG PANDANG", "validTimeFrom": 1628614620, "validTimeTo": 1628615400, "seriesId": "14",
    "hazard": "VA", "qualifier": None, "base": None, "top": None, "geom": None, "coords": [], "dir": None, "spd": None, "chng": None,
    "rawSigmet": "WVID21 WAAA 101657\nWAAF SIGMET 14 VALID 101657/101710 WAAA- WAAF UJUNG PANDANG FIR CNL SIGMET 07 101126/101710=",
}  # fmt: skip
