"""Domain (pure): a Block as one station received it, and a Message as SkySpy stores and shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from skyspy.aircraft import Record

ACARS, VDL2, HFDL, INMARSAT, IRIDIUM = "acars", "vdl2", "hfdl", "imsl", "irdm"
LINKS: Mapping[str, str] = MappingProxyType(
    {ACARS: "VHF ACARS", VDL2: "VDL Mode 2", HFDL: "HFDL", INMARSAT: "Inmarsat", IRIDIUM: "Iridium"}
)
"""The data links, by the names that decoders and their ports go by."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DatalinkPosition:
    """A position that was sent over a data link. `altitude`: feet, None: not sent; "ground" where the aircraft says so. `source`:
    xid, adsc, hfdl, decoder (fields of the decoder's own) or text. `at`: wall seconds of its measurement, None: when it was received."""

    lat: float
    lon: float
    altitude: float | str | None = None
    source: str = "text"
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Block(Record):
    """What one station received at one moment, in one form for all decoders: one ACARS block, or another frame that says something.

    `link`: one of LINKS. `at`: reception time in steady seconds; `time`: the same by the station's clock in wall seconds, None without one.
    `station`: the name that the decoder was given; `app`: the decoder. `freq`: MHz. `level`, `noise`: dB, one decimal; `errors`:
    corrected errors. `hex`: ICAO address of the aircraft, six upper-case digits; `ground`: the address or name of the ground
    station. `downlink`: whether the aircraft sent it, None: not known. `tail`: registration without leading dots; `flight`: the flight as it
    was sent (two-letter airline code and number). `msgno`: number and sequence letter joined, `M55A`. `more`: whether another block of
    the same message follows, None: not known. `assembled`: the decoder has joined the blocks, `text` is the whole message. `text`: "" for
    a block without text. `times`: fields of the decoder about the flight, by the names origin, destination, out, off, on, in_ and eta. `libacars`: what the decoder made
    of the text. `receiver`: the receiver in SkySpy's list that read it; `demo`: it is simulated.
    """

    at: float
    link: str
    time: float | None = None
    station: str | None = None
    app: str | None = None
    freq: float | None = None
    level: float | None = None
    noise: float | None = None
    errors: int | None = None
    hex: str | None = None
    ground: str | None = None
    downlink: bool | None = None
    tail: str | None = None
    flight: str | None = None
    mode: str | None = None
    label: str | None = None
    sublabel: str | None = None
    mfi: str | None = None
    block_id: str | None = None
    ack: str | None = None
    msgno: str | None = None
    more: bool | None = None
    assembled: bool = False
    text: str = ""
    on_ground: bool | None = None
    position: DatalinkPosition | None = None
    times: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    libacars: Mapping[str, Any] | None = None
    receiver: str | None = None
    demo: bool = False
    messages: int = 1


@dataclass(frozen=True, slots=True)
class Station:
    """One station that heard a message: `name` the decoder's (None without one), `receiver` the one in SkySpy's list that read it, `freq` in MHz,
    `level` in dB, `time` in wall seconds."""

    name: str | None
    receiver: str | None
    freq: float | None
    level: float | None
    time: float


@dataclass(frozen=True, slots=True)
class Message:
    """One message, whole.

    `id`: text, unique and stable. `time`: wall seconds when its first block was received. `hex`, `tail`, `flight`: of the aircraft as it was
    sent; `matched`: the hex of the live aircraft that it belongs to, None without one; `callsign`: that aircraft's. `label_name`: the
    label in words. `blocks`: the ids of its blocks in order; `complete`: none is missing. `origin destination out off on in_ eta`: ICAO codes and
    HHMM, "" where not sent. `position`: where it says the aircraft is. `stations`: who heard it, the first one first.
    `receiver_time`: steady seconds of its first block.
    """

    id: str
    time: float
    link: str
    label: str | None = None
    label_name: str | None = None
    sublabel: str | None = None
    mode: str | None = None
    hex: str | None = None
    tail: str | None = None
    flight: str | None = None
    matched: str | None = None
    callsign: str | None = None
    ground: str | None = None
    downlink: bool | None = None
    msgno: str | None = None
    blocks: tuple[str, ...] = ()
    complete: bool = True
    text: str = ""
    on_ground: bool | None = None
    origin: str = ""
    destination: str = ""
    out: str = ""
    off: str = ""
    on: str = ""
    in_: str = ""
    eta: str = ""
    position: DatalinkPosition | None = None
    libacars: Mapping[str, Any] | None = None
    app: str | None = None
    errors: int | None = None
    stations: tuple[Station, ...] = ()
    demo: bool = False
    receiver_time: float = 0.0
