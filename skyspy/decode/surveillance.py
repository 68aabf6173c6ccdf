"""Fields of replies to interrogations (DF0, 4, 5, 16, 20, 21): altitude, squawk and flight status.

Functions return raw fields with readsb's names; the caller cleans them. `head` is the frame's first 32 bits.
"""

from __future__ import annotations

from skyspy.decode.codes import ALTITUDES, SQUAWKS
from skyspy.decode.mode_s_state import ModeSState

Fields = dict[str, object]

# Flight status values (Annex 10, Volume IV).
_GROUND = (1, 3)  # on the ground, without and with an alert
_AIRBORNE = (0, 2)
_ALERT = (2, 3, 4)
_SPI = (4, 5)


def air_to_air(head: int, state: ModeSState, now: float) -> Fields:
    """DF0 and DF16: altitude, or "ground" if the vertical status bit is set."""
    return {"alt_baro": _height(ALTITUDES[head & 0x1FFF], bool(head >> 26 & 1), not head >> 26 & 1, state, now)}


def altitude_reply(head: int, state: ModeSState, now: float) -> Fields:
    """DF4 and DF20: flight status and altitude."""
    status = head >> 24 & 7
    fields = _flight_status(status)
    fields["alt_baro"] = _height(ALTITUDES[head & 0x1FFF], status in _GROUND, status in _AIRBORNE, state, now)
    return fields


def squawk_reply(head: int, state: ModeSState, now: float) -> Fields:
    """DF5 and DF21: flight status and squawk."""
    status = head >> 24 & 7
    fields = _flight_status(status)
    fields["squawk"] = SQUAWKS[head & 0x1FFF]
    if (height := _height(None, status in _GROUND, status in _AIRBORNE, state, now)) is not None:
        fields["alt_baro"] = height
    return fields


def _height(altitude: int | None, ground: bool, airborne: bool, state: ModeSState, now: float) -> int | str | None:
    """The altitude in feet, or "ground" if a reply says so and is believed."""
    if ground:
        if state.believes_ground(altitude, now):
            return "ground"
    elif airborne:
        state.flies(now)
    if altitude is None or not state.believes_altitude(altitude, now):
        return None
    state.alt.set(altitude, now)
    return altitude


def _flight_status(status: int) -> Fields:
    if status > 5:
        return {}
    return {"alert": 1 if status in _ALERT else 0, "spi": 1 if status in _SPI else 0}
