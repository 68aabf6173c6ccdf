"""Comm-B registers in DF20 and DF21 (Doc 9871): finds out which register a reply holds, and reads it.

A reply does not name its register. BDS 1,0, 2,0 and 3,0 begin with their number. Of the others a reply may fit several:
- A register does not fit if a reserved bit is set, or a value is present whose status bit says that it is not.
- A fitting one is compared with what is known of the aircraft (track, speeds, Mach number, altitude, selected altitude) and
  with itself (rate of turn with roll and speed, airspeed with Mach number and altitude): confirmed, possible or refuted.
- Only one confirmed register is read; without any, only a single possible one that no unsupported register explains as well.

rs1090 0.7 is not asked here: it fits BDS 2,1 to most replies of BDS 4,0, and decides without knowing the aircraft.

`mb` is the register's 56 bits; bits are numbered 1 to 56 from the left. Functions return raw fields with readsb's names.
"""

from __future__ import annotations

from math import inf, radians, tan

from skyspy.decode.acas import resolution_advisory
from skyspy.decode.airdata import calibrated_kt, true_airspeed_kt
from skyspy.decode.codes import ALTITUDES_12, text_of
from skyspy.decode.mode_s_state import KNOWN_ALTITUDE_S, ModeSState, Reading

Fields = dict[str, object]
Misfit = tuple[float, int]
"""The largest ratio of a difference to what is tolerated, and how many values were compared with the aircraft's."""

_INCOMPLETE: Misfit = (inf, 0)

FRESH_S, SLOW_S = 15.0, 600.0
"""Seconds for which motion is compared, and what a pilot sets by hand."""

CONFIRMED, POSSIBLE, REFUTED = 2, 1, 0

_MIN_COMPARED, _MIN_VALUES = 2, 3
_CLEARLY = 4.0
"""Of two registers that both agree with the aircraft, one is read if it agrees so many times better."""

_NO_FIELDS: Fields = {}
_IDENTIFICATION, _ADVISORY = 0x20, 0x30


def comm_b(mb: int, state: ModeSState, altitude: int | None, now: float) -> Fields:
    """The fields of a reply; none if its register is not known for sure. `altitude`: that of the same reply, or None."""
    head = mb >> 48
    if head == _IDENTIFICATION:
        callsign = _callsign(mb)
        return {"flight": callsign} if callsign else _NO_FIELDS
    if head == _ADVISORY:
        advisory = None if _is_capability_report(mb) and mb & _SQUITTERS == _SQUITTERS else resolution_advisory(mb)
        return {"acas_ra": advisory} if advisory is not None else _NO_FIELDS
    if altitude is None and state.alt.within(KNOWN_ALTITUDE_S, now):
        altitude = int(state.alt.value)
    found = _decide(mb, state, altitude, now)
    if found is None:
        return _NO_FIELDS
    register, fields = found
    _remember(register, fields, state, now)
    return fields


def _decide(mb: int, state: ModeSState, altitude: int | None, now: float) -> tuple[str, Fields] | None:
    """The register of a reply and its fields, or None."""
    judged: list[tuple[int, float, str, Fields]] = []
    if (fields := selected(mb)) is not None:
        judged.append((_judge_selected(fields, state, now), 0.0, "40", fields))
    if (fields := turn(mb)) is not None:
        judged.append((*_verdict(_turn_misfit(fields, state, now)), "50", fields))
    if (fields := airspeed(mb)) is not None:
        judged.append((*_verdict(_airspeed_misfit(fields, state, altitude, now)), "60", fields))
    confirmed = sorted((entry for entry in judged if entry[0] == CONFIRMED), key=lambda entry: entry[1])
    if confirmed:
        best = confirmed[0]
        clear = len(confirmed) == 1 or best[1] * _CLEARLY < confirmed[1][1]
        return best[2:] if clear else None
    possible = [entry for entry in judged if entry[0] == POSSIBLE]
    if len(possible) != 1 or is_unsupported(mb, altitude):
        return None
    return possible[0][2:]


def _remember(register: str, fields: Fields, state: ModeSState, now: float) -> None:
    """Keep what later replies are compared with."""
    kept: tuple[tuple[str, Reading], ...]
    if register == "40":
        kept = (("nav_altitude_mcp", state.mcp), ("nav_qnh", state.qnh))
    elif register == "50":
        kept = (("tas", state.tas), ("track", state.track), ("gs", state.gs), ("roll", state.roll))
    else:
        kept = (("mag_heading", state.heading), ("mach", state.mach), ("baro_rate", state.rate))
    for name, reading in kept:
        if isinstance(value := fields.get(name), int | float):
            reading.set(value, now)


_CAPABILITIES, _SQUITTERS = 1 << 15 | 1 << 22 | 1 << 23 | 1 << 31 | 1 << 32, 0x3F << 4
"""Bits of BDS 1,8 that an aircraft sets which has it: for 1,0, 1,7, 1,8, 2,0 and 2,1; for 0,5 to 0,A where it has ADS-B."""

_ENHANCED = 1 << 7 | 1 << 23 | 1 << 39
"""Bits of BDS 1,9 of such an aircraft: for 4,0, 5,0 and 6,0."""


def _is_capability_report(mb: int) -> bool:
    """Whether this may be BDS 1,8, which happens to begin as another register."""
    return mb & _CAPABILITIES == _CAPABILITIES


def _callsign(mb: int) -> str | None:
    """BDS 2,0: eight characters, with blanks at the end or inside; None if the bits are rather those of BDS 1,8 or 1,9."""
    text = text_of(mb, 8)
    if not text or not mb >> 42 & 0x1F:
        return None
    if _is_capability_report(mb) and (" " in text or mb & _SQUITTERS == _SQUITTERS):
        return None
    return None if " " in text and mb & _ENHANCED == _ENHANCED else text


# -- the supported registers ---------------------------------------------------------------------------

_RESERVED_40 = 0xFF << 9 | 0b11 << 3
_HIGHEST_FT = 50_000
_QNH = (900.0, 1085.0)


def selected(mb: int) -> Fields | None:
    """BDS 4,0: the selected altitudes and the altimeter setting; None if the bits do not fit."""
    if mb & _RESERVED_40:
        return None
    mcp, fms, pressure = mb >> 43 & 0xFFF, mb >> 30 & 0xFFF, mb >> 17 & 0xFFF
    has_mcp, has_fms, has_pressure = mb >> 55 & 1, mb >> 42 & 1, mb >> 29 & 1
    if (mcp and not has_mcp) or (fms and not has_fms) or (pressure and not has_pressure):
        return None
    if (mb >> 5 & 7 and not mb >> 8 & 1) or (mb & 3 and not mb >> 2 & 1) or not (has_mcp or has_fms or has_pressure):
        return None
    fields: Fields = {}
    if has_mcp:
        fields["nav_altitude_mcp"] = mcp * 16
    if has_fms:
        fields["nav_altitude_fms"] = fms * 16
    if has_pressure:
        fields["nav_qnh"] = 800 + pressure / 10
    return fields


def turn(mb: int) -> Fields | None:
    """BDS 5,0: roll, track, speeds and rate of turn; None if the bits do not fit."""
    has_roll, has_track, has_gs, has_rate, has_tas = mb >> 55 & 1, mb >> 44 & 1, mb >> 32 & 1, mb >> 21 & 1, mb >> 10 & 1
    roll, track, gs, rate, tas = mb >> 45 & 0x3FF, mb >> 33 & 0x7FF, mb >> 22 & 0x3FF, mb >> 11 & 0x3FF, mb & 0x3FF
    if (
        (roll and not has_roll)
        or (track and not has_track)
        or (gs and not has_gs)
        or (rate and not has_rate)
        or (tas and not has_tas)
        or not (has_track or has_gs or has_tas)
    ):
        return None
    fields: Fields = {}
    if has_roll:
        fields["roll"] = _signed(roll, 9) * 45 / 256
    if has_track:
        fields["track"] = _signed(track, 10) * 90 / 512 % 360
    if has_gs:
        fields["gs"] = gs * 2
    if has_rate and rate != 0x1FF:
        fields["track_rate"] = _signed(rate, 9) * 8 / 256
    if has_tas:
        fields["tas"] = tas * 2
    return fields


def airspeed(mb: int) -> Fields | None:
    """BDS 6,0: heading, airspeed, Mach number and rates of climb; None if the bits do not fit."""
    has_heading, has_ias, has_mach, has_baro, has_inertial = mb >> 55 & 1, mb >> 43 & 1, mb >> 32 & 1, mb >> 21 & 1, mb >> 10 & 1
    heading, ias, mach, baro, inertial = mb >> 44 & 0x7FF, mb >> 33 & 0x3FF, mb >> 22 & 0x3FF, mb >> 11 & 0x3FF, mb & 0x3FF
    if (
        (heading and not has_heading)
        or (ias and not has_ias)
        or (mach and not has_mach)
        or (baro and not has_baro)
        or (inertial and not has_inertial)
        or not (has_heading or has_ias or has_mach)
    ):
        return None
    fields: Fields = {}
    if has_heading:
        fields["mag_heading"] = _signed(heading, 10) * 90 / 512 % 360
    if has_ias:
        fields["ias"] = ias
    if has_mach:
        fields["mach"] = mach / 250
    if has_baro:
        fields["baro_rate"] = _signed(baro, 9) * 32
    if has_inertial:
        # An inertial rate is not a pressure rate; it counts as geometric, as in readsb.
        fields["geom_rate"] = _signed(inertial, 9) * 32
    return fields


def _signed(bits: int, size: int) -> int:
    """A two's complement number of a sign and `size` bits."""
    return bits - (1 << size + 1) if bits >> size else bits


# -- how well they agree with the aircraft -------------------------------------------------------------


def _verdict(misfit: Misfit) -> tuple[int, float]:
    ratio, compared = misfit
    if ratio > 1.0:
        return REFUTED, ratio
    return (CONFIRMED if compared >= _MIN_COMPARED else POSSIBLE), ratio


def _judge_selected(fields: Fields, state: ModeSState, now: float) -> int:
    """BDS 4,0: confirmed by a selected altitude or setting heard before; altitudes are chosen in hundreds of feet."""
    feet, qnh = fields.get("nav_altitude_mcp"), fields.get("nav_qnh")
    if isinstance(qnh, float):
        if not _QNH[0] <= qnh <= _QNH[1]:
            return REFUTED
        if state.qnh.within(SLOW_S, now) and abs(state.qnh.value - qnh) <= 0.9 and _known_altitude(feet, state, now) is not False:
            return CONFIRMED
    if _known_altitude(feet, state, now):
        return CONFIRMED
    for name in ("nav_altitude_mcp", "nav_altitude_fms"):
        if isinstance(value := fields.get(name), int) and value > _HIGHEST_FT:
            return REFUTED
    if isinstance(feet, int) and abs(feet - round(feet, -2)) > 16:
        return REFUTED
    return POSSIBLE


def _known_altitude(feet: object, state: ModeSState, now: float) -> bool | None:
    """Whether this is the selected altitude that is known; None: it cannot be said."""
    if not isinstance(feet, int) or not state.mcp.within(SLOW_S, now):
        return None
    return abs(state.mcp.value - feet) <= 32


def _angle(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def _turn_misfit(fields: Fields, state: ModeSState, now: float) -> Misfit:
    """How far BDS 5,0 is from the aircraft; speeds are compared in knots, angles in degrees."""
    roll, track, gs, rate, tas = (_float(fields.get(name)) for name in ("roll", "track", "gs", "track_rate", "tas"))
    ratios: list[float] = []
    if gs is not None and tas is not None:
        ratios.append(abs(gs - tas) / 200)
    for speed in (gs, tas):
        if speed is not None:
            ratios.append(speed / 800)
    if roll is not None:
        ratios.append(abs(roll) / 65)
        if rate is not None and tas:
            # A level turn: 1,091 times the tangent of the roll, divided by the true airspeed. Roll leads the turn.
            due = 1091 * tan(radians(max(-70.0, min(70.0, roll)))) / max(tas, 60)
            ratios.append(abs(due - rate) / (1.2 + 0.4 * abs(due)))
    compared = 0
    if track is not None and state.track.within(FRESH_S, now):
        ratios.append(_angle(track, state.track.value) / (8 + 6 * (now - state.track.at)))
        compared += 1
    if gs is not None and state.gs.within(FRESH_S, now):
        ratios.append(abs(gs - state.gs.value) / (15 + 4 * (now - state.gs.at)))
        compared += 1
    if tas is not None and state.tas.within(FRESH_S, now):
        ratios.append(abs(tas - state.tas.value) / (15 + 4 * (now - state.tas.at)))
        compared += 1
    return _misfit(ratios, compared, len(fields))


def _misfit(ratios: list[float], compared: int, values: int) -> Misfit:
    """A reply with few values says too little about its register, unless they are the aircraft's."""
    return (max(ratios, default=0.0), compared) if compared >= _MIN_COMPARED or values >= _MIN_VALUES else _INCOMPLETE


def _airspeed_misfit(fields: Fields, state: ModeSState, altitude: int | None, now: float) -> Misfit:
    """How far BDS 6,0 is from the aircraft."""
    names = ("mag_heading", "ias", "mach", "baro_rate", "geom_rate")
    heading, ias, mach, baro, inertial = (_float(fields.get(name)) for name in names)
    ratios = [] if ias is None else [ias / 550]
    if mach is not None:
        ratios.append(mach / 1.0)
    ratios += [abs(rate) / 8000 for rate in (baro, inertial) if rate is not None]
    if baro is not None and inertial is not None:
        ratios.append(abs(baro - inertial) / 2500)
    compared = 0
    if mach is not None and ias is not None:
        low, high = (calibrated_kt(mach, feet) for feet in ((_HIGHEST_FT, 0) if altitude is None else (altitude, altitude)))
        ratios.append(max(low - ias, ias - high, 0.0) / (15 + 0.05 * high))
        compared += altitude is not None
    if mach is not None and altitude is not None and state.gs.within(FRESH_S, now):
        ratios.append(abs(true_airspeed_kt(mach, altitude) - state.gs.value) / 200)
    if heading is not None:
        if state.heading.within(FRESH_S, now):
            ratios.append(_angle(heading, state.heading.value) / (8 + 6 * (now - state.heading.at)))
            compared += 1
        elif state.track.within(FRESH_S, now):
            # The wind and the magnetic variation come between them.
            ratios.append(_angle(heading, state.track.value) / (50 + 6 * (now - state.track.at)))
            compared += 1
    if baro is not None and state.rate.within(FRESH_S, now):
        ratios.append(abs(baro - state.rate.value) / (1200 + 200 * (now - state.rate.at)))
        compared += 1
    return _misfit(ratios, compared, len(fields))


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


# -- registers that are recognized, and not read -------------------------------------------------------


def is_unsupported(mb: int, altitude: int | None) -> bool:
    """Whether a register that is not read explains the bits of a reply as well."""
    return _is_usage(mb) or _is_registration(mb) or _is_routine(mb) or _is_hazard(mb) or _is_position(mb, altitude)


def _is_usage(mb: int) -> bool:
    """BDS 1,7: a bit for each of 24 registers, that of BDS 2,0 always set, and zeros."""
    return not mb & 0xFFFFFFFF and mb >> 49 & 1 == 1


def _is_registration(mb: int) -> bool:
    """BDS 2,1: a status bit and seven characters, another one and two more."""
    if not mb >> 55 & 1:
        return False
    text, airline = text_of(mb >> 13, 7), text_of(mb, 2)
    if not text or " " in text:
        return False
    return airline is not None and len(airline) == 2 if mb >> 12 & 1 else not mb & 0xFFF


def _is_routine(mb: int) -> bool:
    """BDS 4,4: weather. A wind with its status, a temperature, a pressure, turbulence and humidity."""
    if mb >> 52 > 4:
        return False
    wind, temperature = mb >> 33 & 0x3FFFF, _signed(mb >> 22 & 0x7FF, 10) / 4
    pressure, turbulence, humidity = mb >> 10 & 0x7FF, mb >> 7 & 3, mb & 0x3F
    if (wind and not mb >> 51 & 1) or (pressure and not mb >> 21 & 1):
        return False
    if (turbulence and not mb >> 9 & 1) or (humidity and not mb >> 6 & 1):
        return False
    return wind >> 9 <= 250 and -80 <= temperature <= 60 and (temperature != 0 or wind != 0)


def _is_hazard(mb: int) -> bool:
    """BDS 4,5: five hazards with a status and two bits each, temperature, pressure and height."""
    for place in (53, 50, 47, 44, 41):
        if mb >> place & 3 and not mb >> place + 2 & 1:
            return False
    celsius, pressure, height = _signed(mb >> 30 & 0x3FF, 9) / 4, mb >> 18 & 0x7FF, mb >> 5 & 0xFFF
    if (celsius and not mb >> 40 & 1) or (pressure and not mb >> 29 & 1) or (height and not mb >> 17 & 1) or mb & 0x1F:
        return False
    return -80 <= celsius <= 60 and pressure <= 1100


def _is_position(mb: int, altitude: int | None) -> bool:
    """BDS 0,5: a position squitter whose altitude is the aircraft's."""
    if not (9 <= mb >> 51 <= 18) or altitude is None:
        return False
    feet = ALTITUDES_12[mb >> 36 & 0xFFF]
    return feet is not None and abs(feet - altitude) <= 100
