"""Turns Mode S frames, in order of reception, into Observations.

rs1090 decodes velocities. The other messages are read by our own code (squitter.py, surveillance.py, comm_b.py): rs1090 0.7 refuses
positions above 50,000 ft and messages with reserved bits, rounds selected altitudes, drops blanks and altitudes below 0 ft, and
tells registers apart by their bits alone. This module does what needs more than one frame or a frame's origin.

Invariants:
- An address is verified by the checksum of DF11, DF17 and DF18. An address overlaid on the parity field (DF0, 4, 5, 16,
  20, 21) is accepted only if it was verified within the last ADDRESS_VALID_S seconds.
- Every frame is counted once: as a message, as bad or as skipped.
- From a live receiver, new addresses beyond a rate are believed with their second message only (newcomers.py).
- Nothing raises for any hex digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any

import rs1090

from skyspy.aircraft import Observation, Value, clean_fields
from skyspy.decode import surveillance
from skyspy.decode.acas import air_to_air_message, with_origin
from skyspy.decode.base import Context, Counters
from skyspy.decode.comm_b import comm_b
from skyspy.decode.derived import derived
from skyspy.decode.mode_s_state import ModeSState
from skyspy.decode.newcomers import Newcomers
from skyspy.decode.squitter import NO_MESSAGE, READERS, SURFACE_CODES, Squitter, has_non_icao_address

Frame = tuple[str, float | None]
"""A frame's hex digits (14 or 28, lower case) and its signal strength in dBFS, or None."""

MLAT, UAT = "mlat", "uat"
"""Origins of frames that were not sent by a transponder: computed by multilateration, or translated from UAT (978 MHz)."""

_ORIGIN_SOURCES = {MLAT: "mlat", UAT: "adsr_icao"}

ADDRESS_VALID_S = 60.0
"""Seconds for which a verified address is accepted in frames that overlay it on the parity field."""

STATE_TTL_S = 700.0
"""Seconds after which an unheard aircraft's state is dropped; longer than any part of it is used (cpr.py)."""

MAX_STATES = 20_000
"""Number of aircraft states kept; beyond it, those not heard for longest are dropped."""

SMALL_BATCH = 64
"""Below this number of frames, one rs1090 call per frame is faster than its thread pool."""

Decoded = tuple[str, str, dict[str, Value]]
"""Address, source, and clean fields of one frame."""

_NO_ORIGINS: Mapping[int, str] = MappingProxyType({})
_SHORT, _LONG = 14, 28

# By frame length and the frame's first two hex digits: the downlink format, if it is supported.
_FORMATS: dict[int, dict[str, int]] = {
    _SHORT: {f"{byte:02x}": byte >> 3 for byte in range(256) if byte >> 3 in (0, 4, 5, 11)},
    _LONG: {f"{byte:02x}": byte >> 3 for byte in range(256) if byte >> 3 in (16, 17, 18, 20, 21)},
}
# By frame length, the first digits of formats that have the other length: such a frame is damaged. A frame of the right
# length whose format is not supported is skipped.
_GARBLED: dict[int, frozenset[str]] = {
    _SHORT: frozenset("89abcdef"),
    _LONG: frozenset("01234567"),
}
_NO_DIGITS: frozenset[str] = frozenset()

# DF18 by control field: (readsb type, whether the address is ICAO, whether the IMF bit applies, type if it is set).
_DF18_SOURCES: dict[int, tuple[str, bool, bool, str]] = {
    0: ("adsb_icao_nt", True, False, ""),
    1: ("adsb_other", False, False, ""),
    2: ("tisb_icao", True, True, "tisb_trackfile"),
    5: ("tisb_other", False, True, "tisb_other"),
    6: ("adsr_icao", True, True, "adsr_other"),
}

AIR_DATA = frozenset({"tas", "mach", "mag_heading"})
"""With one of these fields, other ones can be derived."""

DERIVE_EVERY_S = 1.0
"""Seconds after which fields are derived again for one aircraft."""

_POLYNOMIAL = 0xFFF409


def _crc_tables() -> list[tuple[int, ...]]:
    """For each of the eleven places before the parity field of a long frame, the checksum of each byte there, zeros elsewhere."""
    table = []
    for byte in range(256):
        rest = byte << 16
        for _ in range(8):
            rest = (rest << 1 ^ _POLYNOMIAL) if rest & 0x800000 else rest << 1
        table.append(rest & 0xFFFFFF)
    tables = [tuple(table)]
    while len(tables) < 11:
        tables.append(tuple((rest << 8 & 0xFFFFFF) ^ table[rest >> 16] for rest in tables[-1]))
    return tables[::-1]


_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10 = _crc_tables()


def syndrome(frame: str) -> int:
    """A frame's parity field XOR its checksum (CRC-24): 0 for an undamaged squitter, the interrogator code (below 128)
    for a DF11 reply, the address for formats that overlay it on the parity field."""
    if len(frame) == _SHORT:
        a, b, c, d, x, y, z = bytes.fromhex(frame)
        return _C7[a] ^ _C8[b] ^ _C9[c] ^ _C10[d] ^ (x << 16 | y << 8 | z)
    a, b, c, d, e, f, g, h, i, j, k, x, y, z = bytes.fromhex(frame)
    long = _C0[a] ^ _C1[b] ^ _C2[c] ^ _C3[d] ^ _C4[e] ^ _C5[f] ^ _C6[g]
    return long ^ _C7[h] ^ _C8[i] ^ _C9[j] ^ _C10[k] ^ (x << 16 | y << 8 | z)


def _is_velocity(df: int | None, frame: str) -> bool:
    """Whether this is a squitter with type code 19."""
    return df in (17, 18) and frame[8] == "9" and frame[9] > "7"


def decode_frames(frames: list[str], decode: Callable[[Any], Any] = rs1090.decode) -> list[dict[str, Any] | None]:
    """rs1090's decoded message for each frame; None for frames that it cannot decode."""
    try:
        if len(frames) >= SMALL_BATCH:
            return decode(frames)  # type: ignore[no-any-return]
        return [decode(frame) for frame in frames]
    except BaseException as error:
        # PyO3's PanicException derives from BaseException. No panic is known for hex digits, but input is untrusted.
        if type(error).__name__ != "PanicException":
            raise
        return [None] if len(frames) == 1 else [decode_frames([frame], decode)[0] for frame in frames]


class ModeS:
    """Decodes the Mode S frames of one receiver."""

    def __init__(self, context: Context, counters: Counters | None = None) -> None:
        self.counters = counters or Counters()
        self._states: dict[str, ModeSState] = {}
        self._pruned_at = -inf
        self._parities: dict[str, int] = {}
        self._antenna = context.antenna
        self._wall_minus_steady = context.wall_minus_steady
        self._newcomers = Newcomers() if context.is_live else None

    def frames(self, frames: Sequence[Frame], now: float, origins: Mapping[int, str] = _NO_ORIGINS) -> list[Observation]:
        """Decode frames that were heard at `now` (steady seconds), oldest first; at most one Observation per frame, in
        the same order. `origins` has, by index, the origin (MLAT or UAT) of frames not sent by a transponder."""
        self._prune(now)
        formats = [_FORMATS.get(len(frame), {}).get(frame[:2]) for frame, _ in frames]
        to_decode = [frame for (frame, _), df in zip(frames, formats, strict=True) if _is_velocity(df, frame)]
        messages = iter(decode_frames(to_decode))
        result: list[Observation] = []
        for index, df in enumerate(formats):
            frame, rssi = frames[index]
            decoded = self._frame(df, frame, messages, now, origins.get(index, ""))
            if decoded is not None:
                address, source, fields = decoded
                if rssi is not None:
                    fields["rssi"] = rssi
                result.append(Observation(address, now, source, fields, receiver=self))
        self.counters.messages += len(result)
        return result

    def _frame(
        self, df: int | None, frame: str, messages: Iterator[dict[str, Any] | None], now: float, origin: str
    ) -> Decoded | None:
        """Decode one frame; `messages` gives rs1090's results for the velocities."""
        if df is None:
            if frame[:1] in _GARBLED.get(len(frame), _NO_DIGITS):
                self.counters.bad += 1
            else:
                self.counters.skipped += 1
            return None
        if df == 11:
            return self._all_call(frame, now)
        if df < 17 or df > 18:
            return self._reply(df, frame, now)
        m = next(messages) if _is_velocity(df, frame) else None
        if syndrome(frame):
            self.counters.bad += 1
            return None
        return self._squitter(df, m or NO_MESSAGE, frame, now, origin)

    def _state(self, key: str, now: float) -> ModeSState:
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = ModeSState()
        state.heard_at = now
        return state

    def _waits(self, key: str, now: float) -> bool:
        """Whether a new address has to be received a second time. Such a frame is counted as skipped."""
        if self._newcomers is None or self._newcomers.admits(key, now):
            return False
        self.counters.skipped += 1
        return True

    def _all_call(self, frame: str, now: float) -> Decoded | None:
        """DF11: an address, and "ground" if the aircraft is on the ground."""
        rest = self._parities.get(frame)
        if rest is None:
            if len(self._parities) > MAX_STATES:
                self._parities.clear()
            rest = self._parities[frame] = syndrome(frame)
        address = frame[2:8].upper()
        state = self._states.get(address)
        known = state is not None and now - state.known_at <= ADDRESS_VALID_S
        if rest >= 128 or address == "000000" or (rest and not known):
            # A reply has the interrogator code in its parity field, so seven bits less to detect errors: it does not
            # verify a new address.
            self.counters.bad += 1
            return None
        if state is None and self._waits(address, now):
            return None
        state = self._state(address, now)
        state.known_at = now
        capability = int(frame[1], 16) & 7
        if capability == 4:
            return address, "mode_s", {"alt_baro": "ground"} if state.believes_ground(None, now) else {}
        if capability == 5:
            state.flies(now)
        return address, "mode_s", {}

    def _squitter(self, df: int, m: Mapping[str, Any], frame: str, now: float, origin: str) -> Decoded | None:
        address, me, capability = frame[2:8].upper(), int(frame[8:22], 16), int(frame[1], 16) & 7
        code = me >> 51
        source = "adsb_icao"
        if df == 18:
            by_control_field = _DF18_SOURCES.get(capability)
            if by_control_field is None:
                # Coarse TIS-B and TIS-B management messages have another layout than rs1090 assumes.
                self.counters.skipped += 1
                return None
            source, icao, imf_applies, imf_source = by_control_field
            if imf_applies and has_non_icao_address(code, me):
                source, icao = imf_source, False
            if not icao:
                address = f"~{address}"
        if address.endswith("000000"):
            self.counters.bad += 1
            return None
        if origin == MLAT or (origin == UAT and df == 17):
            source = _ORIGIN_SOURCES[origin]
        direct = source.startswith("adsb")
        # CPR halves and versions of different sources must not be mixed.
        key = address if direct else f"{address} {source}"
        if key not in self._states and self._waits(key, now):
            return None
        state = self._state(key, now)
        if direct:
            state.known_at = now
        fields = READERS[code](Squitter(m, me, state, now, self._antenna(), source.startswith("tisb")))
        if df == 17 and not origin:
            if capability == 5:
                state.flies(now)
            elif capability == 4 and code not in SURFACE_CODES:
                # The aircraft says that it is on the ground, in a message of another format.
                altitude = fields.get("alt_baro")
                if state.can_be_on_ground(altitude if isinstance(altitude, int) else None, now):
                    fields = {**fields, "alt_baro": "ground"}
        return address, source, self._clean(fields, df, frame, now)

    def _reply(self, df: int, frame: str, now: float) -> Decoded | None:
        address = f"{syndrome(frame):06X}"
        state = self._states.get(address)
        if state is None or now - state.known_at > ADDRESS_VALID_S:
            self.counters.skipped += 1
            return None
        state.heard_at = now
        head = int(frame[:8], 16)
        if df in (0, 16):
            fields = surveillance.air_to_air(head, state, now)
        elif df in (4, 20):
            fields = surveillance.altitude_reply(head, state, now)
        else:
            fields = surveillance.squawk_reply(head, state, now)
        if df in (20, 21):
            altitude = fields.get("alt_baro") if df == 20 else None
            found = comm_b(int(frame[8:22], 16), state, altitude if isinstance(altitude, int) else None, now)
            fields.update(found)
            if now - state.derived_at >= DERIVE_EVERY_S and not AIR_DATA.isdisjoint(found):
                more = derived(state, now, self._wall(now))
                if more:
                    state.derived_at = now
                    fields.update(more)
        elif df == 16:
            fields.update(air_to_air_message(int(frame[8:22], 16)))
        return address, "mode_s", self._clean(fields, df, frame, now)

    def _clean(self, fields: Mapping[str, object], df: int, frame: str, now: float) -> dict[str, Value]:
        """The clean fields of a message; a resolution advisory among them says when it came, and in which frame."""
        advisory = fields.get("acas_ra")
        if isinstance(advisory, dict):
            fields = {**fields, "acas_ra": with_origin(advisory, df, frame, self._wall(now))}
        return clean_fields(fields)

    def _wall(self, now: float) -> float | None:
        """Epoch seconds at `now`, if they are known."""
        return None if self._wall_minus_steady is None else now + self._wall_minus_steady

    def _prune(self, now: float) -> None:
        """Drop states not heard for STATE_TTL_S, once a minute; at once if there are more than MAX_STATES."""
        crowded = len(self._states) > MAX_STATES
        if 0.0 <= now - self._pruned_at < ADDRESS_VALID_S and not crowded:
            return
        self._pruned_at = now
        if crowded:
            latest = sorted(self._states.items(), key=lambda item: item[1].heard_at)[-MAX_STATES * 3 // 4 :]
            self._states = dict(latest)
        else:
            self._states = {key: state for key, state in self._states.items() if now - state.heard_at <= STATE_TTL_S}
