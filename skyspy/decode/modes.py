"""Decode: Mode S frames, in order, into Observations. rs1090 reads the bits of a frame; what needs more than one
frame, or the company a frame comes in, is done here.

Law: an address is believed when a frame's checksum vouches for it (DF11, DF17, DF18), and one that is hidden in
the checksum (DF0, 4, 5, 16, 20, 21) only while such a frame was heard within KNOWN_S. Every frame is counted once:
as a message, as bad, or as skipped. Nothing raises, whatever hex digits are fed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any

import rs1090

from skyspy.aircraft import Observation, Value, clean_fields
from skyspy.decode import surveillance
from skyspy.decode.base import Context, Counters
from skyspy.decode.mode_s_state import ModeSState
from skyspy.decode.squitter import REGISTERS, Squitter, anonymous

Frame = tuple[str, float | None]
"""A frame's hex digits (14 or 28 of them, lower case) and its signal strength in dBFS, where known."""

MLAT, UAT = "mlat", "uat"
"""Origins of frames no transponder sent: computed by multilateration, or translated from 978 MHz."""

KNOWN_S = 60.0
"""For how long an address once vouched for is believed in the frames that hide it."""

FORGET_S = 700.0
"""After how long an aircraft's halves of positions are forgotten; longer than any of them can be used."""

MAX_CRAFTS = 20_000
"""More addresses than this are not followed; the ones not heard for longest are forgotten."""

SMALL_BATCH = 64
"""Below this many frames rs1090 is quicker asked one by one than by its thread pool."""

Heard = tuple[str, str, dict[str, Value]]
"""Address, source, and clean fields of one frame."""

_NO_ORIGINS: Mapping[int, str] = MappingProxyType({})
_SHORT, _LONG = 14, 28

# First two hex digits of a frame -> downlink format, for the formats that are read, by frame length.
_FORMATS: dict[int, dict[str, int]] = {
    _SHORT: {f"{byte:02x}": byte >> 3 for byte in range(256) if byte >> 3 in (0, 4, 5, 11)},
    _LONG: {f"{byte:02x}": byte >> 3 for byte in range(256) if byte >> 3 in (16, 17, 18, 20, 21)},
}
# A format whose frame has the wrong length was garbled; one of the right length that is not listed is not for us.
_GARBLED: dict[int, frozenset[str]] = {
    _SHORT: frozenset("89abcdef"),
    _LONG: frozenset("01234567"),
}
_NOTHING: frozenset[str] = frozenset()

# DF18 by its control field: (readsb type, address is ICAO, the IMF bit counts, type when IMF is set).
_RELAYED: dict[int, tuple[str, bool, bool, str]] = {
    0: ("adsb_icao_nt", True, False, ""),
    1: ("adsb_other", False, False, ""),
    2: ("tisb_icao", True, True, "tisb_trackfile"),
    5: ("tisb_other", False, True, "tisb_other"),
    6: ("adsr_icao", True, True, "adsr_other"),
}

_POLYNOMIAL = 0xFFF409


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        rest = byte << 16
        for _ in range(8):
            rest = (rest << 1 ^ _POLYNOMIAL) if rest & 0x800000 else rest << 1
        table.append(rest & 0xFFFFFF)
    return table


_CRC = _crc_table()


def syndrome(frame: str) -> int:
    """What is left of a frame's parity field when its checksum is taken off: 0 for a spontaneous frame received
    whole, the interrogator's code (below 128) for an answered DF11, the address for the formats that hide it."""
    rest = 0
    data = bytes.fromhex(frame)
    for byte in data[:-3]:
        rest = (rest << 8 & 0xFFFFFF) ^ _CRC[rest >> 16 ^ byte]
    return rest ^ int.from_bytes(data[-3:], "big")


def ask(frames: list[str], decode: Callable[[Any], Any] = rs1090.decode) -> list[dict[str, Any] | None]:
    """rs1090's reading of each frame; None where it reads nothing."""
    try:
        if len(frames) >= SMALL_BATCH:
            return decode(frames)  # type: ignore[no-any-return]
        return [decode(frame) for frame in frames]
    except BaseException as error:
        # A panic in Rust is no Exception. None is known for hex digits, but the sky is not ours to trust.
        if type(error).__name__ != "PanicException":
            raise
        return [None] if len(frames) == 1 else [ask([frame], decode)[0] for frame in frames]


class ModeS:
    """Reads Mode S frames of one receiver."""

    def __init__(self, context: Context, counters: Counters | None = None) -> None:
        self.counters = counters or Counters()
        self._crafts: dict[str, ModeSState] = {}
        self._pruned_at = -inf
        self._parities: dict[str, int] = {}
        self._location = context.location

    def frames(self, frames: Sequence[Frame], now: float, origins: Mapping[int, str] = _NO_ORIGINS) -> list[Observation]:
        """Read frames heard at `now` (steady seconds), oldest first. `origins` tells, by index, the few that no
        transponder sent (MLAT or UAT). At most one Observation per frame, in their order."""
        self._prune(now)
        formats = [_FORMATS.get(len(frame), {}).get(frame[:2]) for frame, _ in frames]
        asked = [frame for (frame, _), df in zip(frames, formats, strict=True) if df is not None and df != 11]
        answers = iter(ask(asked))
        result: list[Observation] = []
        for index, df in enumerate(formats):
            frame, rssi = frames[index]
            heard = self._one(df, frame, answers, now, origins.get(index, ""))
            if heard is not None:
                address, source, fields = heard
                if rssi is not None:
                    fields["rssi"] = rssi
                result.append(Observation(address, now, source, fields))
        self.counters.messages += len(result)
        return result

    def _one(self, df: int | None, frame: str, answers: Iterator[dict[str, Any] | None], now: float, origin: str) -> Heard | None:
        if df is None:
            if frame[:1] in _GARBLED.get(len(frame), _NOTHING):
                self.counters.bad += 1
            else:
                self.counters.skipped += 1
            return None
        if df == 11:
            return self._all_call(frame, now)
        m = next(answers)
        if m is None or "icao24" not in m:
            self.counters.bad += 1
            return None
        if df in (17, 18):
            return self._squitter(df, m, frame, now, origin)
        return self._reply(df, m, frame, now)

    def _craft(self, key: str, now: float) -> ModeSState:
        craft = self._crafts.get(key)
        if craft is None:
            craft = self._crafts[key] = ModeSState()
        craft.heard_at = now
        return craft

    def _all_call(self, frame: str, now: float) -> Heard | None:
        """DF11: an address, and whether it stands on the ground."""
        left = self._parities.get(frame)
        if left is None:
            if len(self._parities) > MAX_CRAFTS:
                self._parities.clear()
            left = self._parities[frame] = syndrome(frame)
        address = frame[2:8].upper()
        craft = self._crafts.get(address)
        known = craft is not None and now - craft.known_at <= KNOWN_S
        if left >= 128 or address == "000000" or (left and not known):
            # An answer to an interrogator has its code in the parity: seven bits less to tell an address from noise.
            self.counters.bad += 1
            return None
        self._craft(address, now).known_at = now
        grounded = int(frame[1], 16) & 7 == 4
        return address, "mode_s", {"alt_baro": "ground"} if grounded else {}

    def _squitter(self, df: int, m: dict[str, Any], frame: str, now: float, origin: str) -> Heard | None:
        address, register, me = m["icao24"].upper(), m["bds"], int(frame[8:22], 16)
        source = "adsb_icao"
        if df == 18:
            # rs1090 0.7 checks the parity of DF17 and lets every DF18 pass.
            if syndrome(frame):
                self.counters.bad += 1
                return None
            relayed = _RELAYED.get(int(frame[1], 16) & 7)
            if relayed is None:
                # Coarse TIS-B and TIS-B management carry other contents than rs1090 reads into them.
                self.counters.skipped += 1
                return None
            source, icao, marked, otherwise = relayed
            if marked and anonymous(register, me):
                source, icao = otherwise, False
            if not icao:
                address = f"~{address}"
        elif origin == UAT:
            source = "adsr_icao"
        if address.endswith("000000"):
            self.counters.bad += 1
            return None
        if origin == MLAT:
            source = MLAT
        direct = source.startswith("adsb")
        # Each source sends halves and versions of its own: they must not be mixed.
        craft = self._craft(address if direct else f"{address} {source}", now)
        if direct:
            craft.known_at = now
        read = REGISTERS.get(register)
        if read is None:
            return address, source, {}
        return address, source, clean_fields(read(Squitter(m, me, craft, now, self._location, source.startswith("tisb"))))

    def _reply(self, df: int, m: dict[str, Any], frame: str, now: float) -> Heard | None:
        address = m["icao24"].upper()
        craft = self._crafts.get(address)
        if craft is None or now - craft.known_at > KNOWN_S:
            self.counters.skipped += 1
            return None
        craft.heard_at = now
        if df in (0, 16):
            fields = surveillance.air_to_air(m, frame)
        elif df in (4, 20):
            fields = surveillance.altitude_reply(m, frame)
        else:
            fields = surveillance.squawk_reply(m, frame)
        if df in (20, 21):
            fields.update(surveillance.comm_b(m))
        return address, "mode_s", clean_fields(fields)

    def _prune(self, now: float) -> None:
        """Forget, once a minute or when there are too many, the aircraft that fell silent."""
        crowded = len(self._crafts) > MAX_CRAFTS
        if 0.0 <= now - self._pruned_at < KNOWN_S and not crowded:
            return
        self._pruned_at = now
        if crowded:
            latest = sorted(self._crafts.items(), key=lambda item: item[1].heard_at)[-MAX_CRAFTS * 3 // 4 :]
            self._crafts = dict(latest)
        else:
            self._crafts = {key: craft for key, craft in self._crafts.items() if now - craft.heard_at <= FORGET_S}
