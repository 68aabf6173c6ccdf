"""Texts of simulated datalink messages, in the forms that aircraft and ground stations use.

Places of reports are those of the simulated aircraft. Waypoints, gates and identifiers are made up; the airport at the other end of a flight is a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

from skyspy.clock import iso
from skyspy.geo import Point
from skyspy.simulate.random_stream import RandomStream

UNKNOWN_AIRPORT = "ZZZZ"
"""ICAO's code for an airport that has none."""
AIRPORTS = ("EGLL", "EHAM", "EDDF", "LFPG", "LEMD", "LIRF", "EKCH", "ESSA", "LOWW", "EIDW", "LPPT", "EPWA")
"""At the other end of a flight."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A simulated aircraft at one moment: `tail` its registration, `alt_ft` None on the ground, `track` in degrees, `gs` in knots; the airport where
    it starts or lands here, and the one at the other end of its flight."""

    hex: str
    tail: str
    callsign: str
    point: Point
    alt_ft: int | None
    gs: float
    track: float
    home: str
    other: str

    @property
    def short(self) -> str:
        """Its callsign in the seven characters that a message has for it."""
        return self.callsign[:7]


def hhmm(wall: float) -> str:
    """Hours and minutes of UTC."""
    return hhmmss(wall)[:4]


def hhmmss(wall: float) -> str:
    """Hours, minutes and seconds of UTC."""
    return iso(wall)[11:19].replace(":", "")


def _clock(wall: float) -> tuple[int, int, int]:
    """Hour, minute and second of UTC."""
    text = hhmmss(wall)
    return int(text[:2]), int(text[2:4]), int(text[4:])


def ddhhmm(wall: float) -> str:
    """Day of the month, hours and minutes of UTC."""
    return iso(wall)[8:10] + hhmm(wall)


def yymmdd(wall: float) -> str:
    """Year, month and day of UTC."""
    return iso(wall)[2:10].replace("-", "")


def degrees_minutes(point: Point) -> str:
    """`N47283E008330`: degrees and minutes to a tenth."""
    return _part(point[0], "NS", 2) + _part(point[1], "EW", 3)


def _part(value: float, letters: str, digits: int) -> str:
    tenths = round(abs(value) * 600)
    return f"{letters[value < 0]}{tenths // 600:0{digits}d}{tenths % 600:03d}"


def waypoint(random: RandomStream) -> str:
    """A made-up name of five letters that can be spoken."""
    return "".join(random.pick("BDKLMNPRSTVX" if place % 2 == 0 else "AEIOU") for place in range(5))


def position_report(random: RandomStream, plane: Plane, wall: float) -> str:
    """Of a flight management computer: where it is, the next two waypoints, temperature and wind."""
    level = (plane.alt_ft or 0) // 100
    wind = f"{random.whole(0, 35) * 10:03d}{random.whole(5, 90):03d}"
    ahead = f"{waypoint(random)},{hhmmss(wall)},{level},{waypoint(random)},{hhmmss(wall + 540)},{waypoint(random)}"
    return (
        f"POS{degrees_minutes(plane.point)},{ahead},M{max(2, 54 - abs(350 - level) // 5):02d},{wind},120,{random.whole(60, 190)}"
    )


def airline_position(random: RandomStream, plane: Plane, wall: float) -> str:
    """The position report of an airline's own application."""
    flight = f"3C01 POSRPT {plane.callsign[3:7].rjust(4, '0')}/{ddhhmm(wall)[:2]} {plane.home}/{plane.other} .{plane.tail}"
    more = f"/ALT {plane.alt_ft or 0}/MCH {random.whole(74, 80)}/FOB {random.whole(40, 160)}/ETA {hhmm(wall + 3600)}"
    return f"{flight}\r\n/POS {degrees_minutes(plane.point)}/OVR {hhmm(wall)}{more}"


def metar(random: RandomStream, airport: str, wall: float) -> str:
    """An observation and a forecast, as they are sent to an aircraft's printer."""
    wind = f"{random.whole(1, 36) * 10:03d}{random.whole(3, 18):02d}KT"
    observed = f"METAR {airport} {ddhhmm(wall)}Z {wind} 9999 FEW030 SCT045 {random.whole(8, 22):02d}/{random.whole(1, 7):02d} Q{random.whole(1004, 1028)} NOSIG="
    return f"{observed}\r\nTAF {airport} {ddhhmm(wall)}Z {wind} 9999 SCT040 TEMPO SHRA BKN030="


def loadsheet(plane: Plane, wall: float) -> tuple[str, ...]:
    """A loadsheet for an aircraft's printer, in the four parts in which it is sent."""
    return (
        f"- LOADSHEET FINAL {hhmm(wall)} EDNO1\r\n{plane.callsign} / {ddhhmm(wall)[:2]}\r\n{plane.home} {plane.other} {plane.tail} 2/4\r\n",
        "ZFW 54321 MAX 61000 L\r\nTOF 6700\r\nTOW 61021 MAX 73500\r\nTIF 4100\r\n",
        "LAW 56921 MAX 64500\r\nUNDLD 6679\r\nPAX/10/141 TTL 151\r\nLIZFW 62.1\r\n",
        "MACZFW 27.4 MACTOW 26.9\r\nSI\r\nSERVICE WEIGHT ADJUSTMENT\r\nEND LOADSHEET\r\n",
    )


def engine_report(random: RandomStream, plane: Plane, wall: float) -> tuple[str, ...]:
    """A report of an aircraft's condition monitoring, in three parts."""
    n1 = random.whole(860, 940)
    return (
        f"A02/A30{yymmdd(wall)[:4]},1,1/C1{plane.tail.replace('-', '')},{ddhhmm(wall)},{plane.home},{plane.other},{plane.short}/",
        f"CE{(plane.alt_ft or 0) // 10:04d},{random.whole(720, 800)},{random.whole(100, 400)},0{n1},0{n1 + 3},{random.whole(500, 700)}/EC7{random.whole(10000, 99999)}/",
        f"N1{n1},{n1 + 2},{random.whole(500, 650)}/S1{random.whole(10, 99)},{random.whole(10, 99)}/T1{random.whole(100, 900)},025,END",
    )


def clearance(random: RandomStream, plane: Plane, wall: float) -> tuple[str, str, str, str]:
    """A departure clearance over the data link: the request, "it is being processed", the clearance, and its readback."""
    number, airport = random.whole(1, 899), plane.home
    type_ = f"{random.pick('ABCD')}{random.whole(10, 49)}"
    request = f"/{airport}DCYA.DC1/RCD {number:03d}\r\n{plane.callsign}-A320-GATE {type_}-{airport}-ATIS {random.pick('BCDEFG')}\r\n-TO {plane.other}"
    wait = f"/{airport}DCYA.DC1/FSM {hhmm(wall)} {yymmdd(wall)} {airport} {plane.callsign}\r\nRCD RECEIVED\r\nREQUEST BEING PROCESSED\r\nSTANDBY"
    exit_ = waypoint(random)
    route = f"CLRD TO {plane.other} OFF {random.whole(1, 36):02d} VIA {exit_}1S\r\nSQUAWK {random.whole(1, 6)}{random.whole(0, 7)}{random.whole(0, 7)}{random.whole(1, 7)} ADT {hhmm(wall + 900)}"
    cleared = f"/{airport}DCYA.DC1/CLD {hhmm(wall)} {yymmdd(wall)} {airport} PDC {number:03d}\r\n{plane.callsign} {route} NEXT FREQ 121.925 ATIS {random.pick('BCDEFG')}"
    readback = f"/{airport}DCYA.DC1/CDA {hhmm(wall)} {yymmdd(wall)} {airport} PDC {number:03d}\r\n{plane.callsign} {route}"
    return request, wait, cleared, readback


def atis(random: RandomStream, airport: str, wall: float) -> str:
    """The arrival information of an airport."""
    runway, letter = random.whole(1, 36), random.pick("BCDEFGHKLMN")
    wind = f"{random.whole(1, 36) * 10:03d}/{random.whole(3, 18):02d}"
    return (
        f"/{airport}ATSA.TI2/{airport} ARR ATIS {letter}\r\n{hhmm(wall)}Z\r\nEXPECT ILS APCH RWY {runway:02d}\r\nTRL 70\r\nWIND {wind}KT\r\n"
        f"VIS 10KM\r\nCLD FEW 3000FT SCT 4500FT\r\nT{random.whole(8, 22)} DP{random.whole(1, 7):02d}\r\nQNH {random.whole(1004, 1028)}\r\nNOSIG\r\nACK INFO {letter}"
    )


def squitter(station: str, airport: str, point: Point) -> str:
    """What a ground station says of itself: its name, the airport, and where it is, in degrees and minutes."""
    lat, lon = floor(abs(point[0]) * 60), floor(abs(point[1]) * 60)
    where = f"{lat // 60:03d}{lat % 60:02d}{'NS'[point[0] < 0]}{lon // 60:03d}{lon % 60:02d}{'EW'[point[1] < 0]}"
    return f"02XS{station}{airport}{where}V136975/"


def arinc_crc(data: bytes) -> int:
    """The checksum at the end of an ARINC 622 message: CRC-16 of CCITT, inverted, over type, registration and payload."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc ^ 0xFFFF


def arinc622(ground: str, kind: str, tail: str, payload: bytes) -> str:
    """An ARINC 622 message to or from this ground facility. `kind`: ADS, AT1, CR1 …; the registration has seven characters, with dots before it."""
    air = tail.rjust(7, ".")
    crc = arinc_crc(f"{kind}{air}".encode("ascii") + payload)
    return f"/{ground}.{kind}{air}{payload.hex().upper()}{crc:04X}"


def adsc_report(plane: Plane, wall: float) -> bytes:
    """A basic report of ADS-C (tag 7): latitude and longitude in 180/2^20 degrees, altitude in 4 ft, seconds of the hour in 1/8, and quality."""
    lat, lon = (round(value * 2**20 / 180) & 0x1FFFFF for value in plane.point)
    alt = round((plane.alt_ft or 0) / 4) & 0xFFFF
    eighths = floor(wall % 3600 * 8) & 0x7FFF
    bits = ((lat << 21 | lon) << 16 | alt) << 15 | eighths
    # Redundant navigation, accuracy 7 (0.05 nm), no TCAS.
    return b"\x07" + (bits << 7 | 0b0001111).to_bytes(10, "big")


def adsc_json(plane: Plane, ground: str, wall: float) -> dict[str, Any]:
    """The same as decoders with libacars write it."""
    report = {
        "lat": round(plane.point[0], 6), "lon": round(plane.point[1], 6), "alt": plane.alt_ft or 0, "ts_sec": floor(wall % 3600 * 8) / 8,
        "pos_accuracy_nm": 0.05, "nav_redundancy": True, "tcas_avail": False,
    }  # fmt: skip
    whole = {"msg_type": "adsc_msg", "crc_ok": True, "gs_addr": ground, "air_addr": plane.tail.rjust(7, ".")}
    return {"arinc622": {**whole, "adsc": {"tags": [{"basic_report": report}], "err": False}}}


def cpdlc_json(plane: Plane, ground: str, wall: float, number: int, level: int, *, uplink: bool) -> dict[str, Any]:
    """A climb that a controller instructs over CPDLC, or the answer to it, as decoders with libacars write it."""
    hour, minute, second = _clock(wall)
    header: dict[str, Any] = {"msg_id": number, "timestamp": {"hour": hour, "min": minute, "sec": second}}
    element: dict[str, Any] = {"choice": "dM0NULL", "choice_label": "WILCO"}
    if uplink:
        altitude = {"alt": {"choice": "altitudeFlightLevel", "data": {"flight_level": level}}}
        element = {"choice": "uM20Altitude", "choice_label": "CLIMB TO [altitude]", "data": altitude}
    else:
        header["msg_ref"] = number - 1
    name = "atc_uplink_msg" if uplink else "atc_downlink_msg"
    message = {"header": header, f"{name}_element_id": element}
    whole = {"msg_type": "cpdlc", "crc_ok": True, "gs_addr": ground, "air_addr": plane.tail.rjust(7, ".")}
    return {"arinc622": {**whole, "cpdlc": {"err": False, name: message}}}


def cpdlc_payload(wall: float, number: int, level: int, *, uplink: bool) -> bytes:
    """The same message in the packed encoding rules of FANS 1/A: header, and element uM20 with a flight level, or dM0 with its reference."""
    hour, minute, second = _clock(wall)
    fields = [(0, 1), (0 if uplink else 1, 1), (1, 1), (number, 6), *([] if uplink else [(number - 1, 6)])]
    fields += [
        (hour, 5),
        (minute, 6),
        (second, 6),
        *([(20, 8), (6, 3), (level - 30, 10)] if uplink else [(0, 7)]),
    ]
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def link_status(random: RandomStream, wall: float) -> str:
    """A media advisory: VHF is established again, and what else is available."""
    return f"0EV{hhmmss(wall)}{random.pick(('VS', 'V2', 'VHS'))}"
