"""What simulated aircraft and ground stations say to each other over data links: a row of EXCHANGES for each kind.

An exchange is a list of blocks with seconds from its beginning. Each block of VHF may be heard by two stations. Stations, ground facilities and networks
are invented; labels, block identifiers and message numbers are as they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from skyspy.datalink.message import ACARS, HFDL, INMARSAT, IRIDIUM, VDL2, Block, DatalinkPosition
from skyspy.geo import Point
from skyspy.simulate import datalink_texts as texts
from skyspy.simulate.datalink_texts import Plane
from skyspy.simulate.random_stream import RandomStream

Said = list[tuple[float, Block]]

OUT, OFF, ON, IN = "out", "off", "on", "in"
"""The steps of a flight that aircraft report: out of the gate, off the ground, on the ground, in at the gate."""
_STEP_LABELS = {OUT: "QP", OFF: "QQ", ON: "QR", IN: "QS"}

STATIONS = {ACARS: "DEMO-VHF1", VDL2: "DEMO-VDL1", HFDL: "DEMO-HF", INMARSAT: "DEMO-SAT", IRIDIUM: "DEMO-IRDM"}
SECOND_STATIONS = {ACARS: "DEMO-VHF2", VDL2: "DEMO-VDL2"}
"""Of the links that a second station hears, too."""
SECOND_CHANCE = 0.5
FREQUENCIES = {
    ACARS: (131.525, 131.725, 131.825),
    VDL2: (136.775, 136.975),
    HFDL: (8.927, 11.312, 13.276),
    INMARSAT: (1545.115, 1545.165),
    IRIDIUM: (1626.271,),
}
"""MHz."""
GROUND_STATION = "DEMOCC"
"""The ground facility of CPDLC and ADS-C."""
DOWNLINK_IDS, UPLINK_IDS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_TEXT = 220
"""Characters of the text of one block."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One exchange as it is made: of `plane`, from `wall` (seconds). `home`: the airport here."""

    random: RandomStream
    plane: Plane
    centre: Point
    home: str
    wall: float

    def down(self, link: str, label: str | None, text: str, number: str | None = None, **more: Any) -> Block:
        """A downlink block."""
        more.setdefault("block_id", None if label is None else self.random.pick(DOWNLINK_IDS))
        more.setdefault("more", False)
        return self._block(link, label, text, downlink=True, flight=self.plane.short, msgno=number, **more)

    def up(self, link: str, label: str, text: str, block_id: str | None, **more: Any) -> Block:
        """An uplink block."""
        more.setdefault("more", False)
        return self._block(link, label, text, downlink=False, block_id=block_id, **more)

    def number(self, kind: str, letter: str = "A") -> str:
        """The number of a downlink: `M55A`."""
        return f"{kind}{self.random.whole(1, 99):02d}{letter}"

    def _block(self, link: str, label: str | None, text: str, **more: Any) -> Block:
        # Stations of VHF know an aircraft by its registration; on the other links its address is sent too.
        hex_ = None if link == ACARS else self.plane.hex
        values = {"hex": hex_, "tail": self.plane.tail, "mode": None if label is None else "2", **more}
        return _received(self.random, Block(0.0, link, label=label, text=text, demo=True, **values))


def _received(random: RandomStream, block: Block) -> Block:
    """The block with what the station adds: its name, frequency and level."""
    return replace(
        block,
        station=STATIONS[block.link],
        app="simulated",
        freq=random.pick(FREQUENCIES[block.link]),
        level=round(random.between(-32, -6), 1),
        errors=0 if random.chance(0.8) else 1,
    )


def _apart(random: RandomStream, seconds: float, blocks: Iterable[Block]) -> Said:
    """The blocks one after another, so many seconds apart, with the copies of a second station."""
    said: Said = []
    for place, block in enumerate(blocks):
        at = place * seconds
        said.append((at, block))
        if block.link in SECOND_STATIONS and random.chance(SECOND_CHANCE):
            said.append((at + random.between(0.1, 0.4), second_copy(random, block)))
    return said


def second_copy(random: RandomStream, block: Block) -> Block:
    """The block as a second station heard it: less well."""
    level = round((block.level or 0.0) - random.between(1, 9), 1)
    return replace(block, station=SECOND_STATIONS[block.link], level=level)


def movement(step: str, talk: Talk) -> Said:
    """The report of an aircraft at this step of its flight: OUT, OFF, ON or IN."""
    plane = talk.plane
    origin, destination = (plane.home, plane.other) if step in (OUT, OFF) else (plane.other, plane.home)
    text = f"{origin}{destination}{texts.hhmm(talk.wall)}"
    return _apart(talk.random, 1, [talk.down(ACARS, _STEP_LABELS[step], text, talk.number("M"))])


def _flight_times(talk: Talk) -> Iterator[Block]:
    plane, wall = talk.plane, talk.wall
    times = "".join(texts.hhmm(wall - minutes * 60) for minutes in (130, 118, 24, 12))
    yield talk.down(ACARS, "Q1", f"{plane.other}{times}    {plane.home}", talk.number("M"))


def _estimate(talk: Talk) -> Iterator[Block]:
    yield talk.down(VDL2, "Q2", f"{talk.plane.home}{texts.hhmm(talk.wall + 1500)}", talk.number("M"))


def _position(talk: Talk) -> Iterator[Block]:
    text = texts.position_report(talk.random, talk.plane, talk.wall)
    yield talk.down(VDL2, "H1", text, talk.number("F"), sublabel="M1", mfi=None)


def _airline_position(talk: Talk) -> Iterator[Block]:
    yield talk.down(ACARS, "80", texts.airline_position(talk.random, talk.plane, talk.wall), talk.number("M"))


def _weather(talk: Talk) -> Iterator[Block]:
    yield talk.up(ACARS, "C1", texts.metar(talk.random, talk.plane.home, talk.wall), talk.random.pick(UPLINK_IDS))


def _loadsheet(talk: Talk) -> Iterator[Block]:
    """Four parts for the printer; another uplink comes in between, so that the letters of the parts are M, N, O and Q."""
    letters = iter("MNOQ")
    for place, part in enumerate(texts.loadsheet(talk.plane, talk.wall)):
        yield talk.up(ACARS, "C1", part, next(letters), more=place < 3)
        if place == 2:
            yield talk.up(ACARS, "A4", texts.clearance(talk.random, talk.plane, talk.wall)[1], "P")


def _engine_report(talk: Talk) -> Iterator[Block]:
    """A downlink in three parts, which have the letters A, B and C behind one number."""
    number = talk.number("D", "")
    first = talk.random.whole(0, len(DOWNLINK_IDS) - 1)
    for place, part in enumerate(texts.engine_report(talk.random, talk.plane, talk.wall)):
        block_id = DOWNLINK_IDS[(first + place) % len(DOWNLINK_IDS)]
        yield talk.down(ACARS, "H1", part, number + "ABC"[place], sublabel="DF", block_id=block_id, more=place < 2)


def _clearance(talk: Talk) -> Iterator[Block]:
    request, wait, cleared, readback = texts.clearance(talk.random, talk.plane, talk.wall)
    first = talk.random.whole(0, len(UPLINK_IDS) - 2)
    yield talk.down(ACARS, "B3", request, talk.number("M"))
    yield talk.up(ACARS, "A4", wait, UPLINK_IDS[first])
    yield talk.up(ACARS, "A3", cleared, UPLINK_IDS[first + 1])
    yield talk.down(ACARS, "B4", readback, talk.number("M"))


def _atis(talk: Talk) -> Iterator[Block]:
    yield talk.up(VDL2, "A9", texts.atis(talk.random, talk.plane.home, talk.wall), talk.random.pick(UPLINK_IDS))


def _squitter(talk: Talk) -> Iterator[Block]:
    text = texts.squitter("DMO", talk.home, talk.centre)
    yield talk.up(ACARS, "SQ", text, None, tail=None, hex=None, ground="DMO")


def _link_test(talk: Talk) -> Iterator[Block]:
    yield talk.down(ACARS, "Q0", "", talk.number("S"))
    yield talk.up(ACARS, "_d", "", talk.random.pick(UPLINK_IDS), ack="!")


def _link_status(talk: Talk) -> Iterator[Block]:
    yield talk.down(VDL2, "SA", texts.link_status(talk.random, talk.wall), talk.number("S"))


def _exchange_of_identities(talk: Talk) -> Iterator[Block]:
    """A frame of VDL2 without text, which says where the aircraft is."""
    plane = talk.plane
    lat, lon = (round(value, 1) for value in plane.point)
    altitude = "ground" if plane.alt_ft is None else float(plane.alt_ft)
    place = DatalinkPosition(lat, lon, altitude, "xid")
    frame = talk.down(VDL2, None, "", tail=None, on_ground=plane.alt_ft is None, position=place, ground="10D00A")
    yield replace(frame, flight=None, more=None)


def _cpdlc(talk: Talk) -> Iterator[Block]:
    plane, wall, number = talk.plane, talk.wall, talk.random.whole(2, 60)
    level = min(400, ((plane.alt_ft or 20000) // 1000 + 2) * 10)
    for place, (uplink, label) in enumerate(((True, "AA"), (False, "BA"))):
        at = wall + 12 * place
        payload = texts.cpdlc_payload(at, number + place, level, uplink=uplink)
        text = texts.arinc622(GROUND_STATION, "AT1", plane.tail, payload)
        more = {"libacars": texts.cpdlc_json(plane, GROUND_STATION, at, number + place, level, uplink=uplink)}
        if uplink:
            yield talk.up(VDL2, label, text, talk.random.pick(UPLINK_IDS), **more)
        else:
            yield talk.down(VDL2, label, text, talk.number("L"), **more)


def _adsc(talk: Talk) -> Iterator[Block]:
    text = texts.arinc622(GROUND_STATION, "ADS", talk.plane.tail, texts.adsc_report(talk.plane, talk.wall))
    told = texts.adsc_json(talk.plane, GROUND_STATION, talk.wall)
    yield talk.down(INMARSAT, "B6", text, talk.number("F"), libacars=told)


def _hf_position(talk: Talk) -> Iterator[Block]:
    """A frame of HFDL that says where the aircraft is, and a report of its computer."""
    lat, lon = talk.plane.point
    place = DatalinkPosition(round(lat, 4), round(lon, 4), None, "hfdl")
    yield replace(talk.down(HFDL, None, "", tail=None, position=place, ground="DEMO"), more=None)
    text = texts.position_report(talk.random, talk.plane, talk.wall)
    yield talk.down(HFDL, "H1", text, talk.number("F"), sublabel="M1", ground="DEMO")


def _iridium(talk: Talk) -> Iterator[Block]:
    text = texts.airline_position(talk.random, talk.plane, talk.wall)
    yield talk.down(IRIDIUM, "80", text, talk.number("M"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One kind. `apart_s`: seconds from block to block. The aircraft is one on the ground where there is one, or one in the air; or one out of reach
    of ADS-B."""

    name: str
    blocks: Callable[[Talk], Iterator[Block]]
    apart_s: float = 2.0
    is_on_ground: bool = False
    is_distant: bool = False

    def make(self, talk: Talk) -> Said:
        """What is said: blocks with seconds from the beginning."""
        return _apart(talk.random, self.apart_s, self.blocks(talk))


def report_position(talk: Talk) -> Said:
    """A position report that two stations hear."""
    return [(at, block) for one in _position(talk) for at, block in ((0.0, one), (0.3, second_copy(talk.random, one)))]


EXCHANGES: tuple[Exchange, ...] = (
    Exchange("position", _position),
    Exchange("clearance", _clearance, 5.0, is_on_ground=True),
    Exchange("squitter", _squitter),
    Exchange("hf position", _hf_position, is_distant=True),
    Exchange("loadsheet", _loadsheet, is_on_ground=True),
    Exchange("airline position", _airline_position),
    Exchange("atis", _atis),
    Exchange("controller", _cpdlc, 12.0),
    Exchange("adsc", _adsc, is_distant=True),
    Exchange("engine report", _engine_report),
    Exchange("weather", _weather),
    Exchange("identities", _exchange_of_identities),
    Exchange("flight times", _flight_times, is_on_ground=True),
    Exchange("link test", _link_test),
    Exchange("iridium", _iridium, is_distant=True),
    Exchange("estimate", _estimate),
    Exchange("link status", _link_status),
)
"""In the order of the turns."""
