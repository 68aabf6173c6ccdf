"""Profiles of aircraft: which thresholds of the safety rules apply to an aircraft, by its class. Pure.

The class follows from ICAO's description of its type (`type_class`, such as L2J), its type designator (ICAO Doc 8643), its wake
turbulence category and the emitter category that it sends (`category`, DO-260B). The type comes from a register, the category from
the transponder's installation, which is often wrong: the type takes precedence. Of what is not known, an airliner's thresholds apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from skyspy.aircraft_state import AircraftState


@dataclass(frozen=True, slots=True)
class Profile:
    """The thresholds of one class.

    `distance_scale`: by how much the distances of the conflict search are multiplied, horizontal and vertical. `has_reversals`: whether
    reversals of its vertical speed are looked at, for an inferred resolution advisory. `rate_factor`: by how much the extreme vertical
    rate is multiplied. `may_fly_formation`: whether it flies near others on purpose.
    `is_vehicle`: it is a vehicle or an obstacle on the ground.
    """

    name: str
    distance_scale: float = 1.0
    has_reversals: bool = True
    rate_factor: float = 1.0
    may_fly_formation: bool = False
    is_vehicle: bool = False


SMALL_SCALE = 0.4
"""Of the distances, for aircraft that fly by sight and slowly: they pass each other nearer."""
FIGHTER_RATE_FACTOR = 2.5
"""A fighter climbs at 15,000 ft/min and more without being in danger."""

AIRLINER = Profile("airliner")
LIGHT = Profile("light", SMALL_SCALE, has_reversals=False)
ROTORCRAFT = Profile("rotorcraft", SMALL_SCALE, has_reversals=False, may_fly_formation=True)
GLIDER = Profile("glider", SMALL_SCALE, has_reversals=False)
BALLOON = Profile("balloon", SMALL_SCALE, has_reversals=False)
PARACHUTIST = Profile("parachutist", SMALL_SCALE, has_reversals=False, may_fly_formation=True)
ULTRALIGHT = Profile("ultralight", SMALL_SCALE, has_reversals=False)
UAV = Profile("uav", SMALL_SCALE, has_reversals=False)
FIGHTER = Profile("fighter", has_reversals=False, rate_factor=FIGHTER_RATE_FACTOR, may_fly_formation=True)
MILITARY = Profile("military", may_fly_formation=True)
MILITARY_LIGHT = Profile("military_light", SMALL_SCALE, has_reversals=False, may_fly_formation=True)
VEHICLE = Profile("vehicle", has_reversals=False, is_vehicle=True)

PROFILES = (
    AIRLINER,
    LIGHT,
    ROTORCRAFT,
    GLIDER,
    BALLOON,
    PARACHUTIST,
    ULTRALIGHT,
    UAV,
    FIGHTER,
    MILITARY,
    MILITARY_LIGHT,
    VEHICLE,
)
"""Every profile; `airliner` is also that of an aircraft of which nothing is known."""

_OF_CATEGORY = {
    "A1": LIGHT,
    "A6": FIGHTER,
    "A7": ROTORCRAFT,
    "B1": GLIDER,
    "B2": BALLOON,
    "B3": PARACHUTIST,
    "B4": ULTRALIGHT,
    "B6": UAV,
    "C1": VEHICLE,
    "C2": VEHICLE,
    "C3": VEHICLE,
    "C4": VEHICLE,
    "C5": VEHICLE,
}
"""By emitter category; the others are airliners' or say nothing."""

# fmt: off
_FIGHTERS = frozenset({
    "A10", "A4", "AJET", "AMX", "ETAR", "EUFI", "F1", "F104", "F117", "F14", "F15", "F16", "F18H", "F18S", "F2", "F22",
    "F35", "F4", "F5", "FC1", "HAR", "HAWK", "HUNT", "J10", "J8", "JAGR", "K50", "KF21", "KFIR", "L159", "L39", "LCA",
    "M339", "M346", "MG21", "MG23", "MG25", "MG29", "MG31", "MIR2", "MRF1", "RFAL", "SB35", "SB37", "SB39", "SU17", "SU24",
    "SU25", "SU27", "SU57", "T38", "TOR",
})
# fmt: on
_BY_DESIGNATOR = {
    **dict.fromkeys(_FIGHTERS, FIGHTER),
    **dict.fromkeys(("HRM9", "HRON", "Q1", "Q25", "Q28", "Q4", "Q9"), UAV),
    **dict.fromkeys(("BALL", "SHIP"), BALLOON),
    **dict.fromkeys(("EMER", "GND", "SERV", "TWR"), VEHICLE),
    "GLID": GLIDER,
    "GYRO": ROTORCRAFT,
    "ULAC": ULTRALIGHT,
}
"""By type designator. EMER, GND, SERV and TWR are no designators: databases of the readsb family call vehicles and towers so."""

_ROTORCRAFT_KINDS = frozenset("HGT")
"""First letters of ICAO's description: helicopter, gyrocopter, tilt-rotor."""
_SLOW_CATEGORIES = frozenset({"B1", "B2", "B3", "B4", "B6"})
"""Categories that say more than the type: a motor glider, or a light aircraft without a pilot."""


def profile_of(state: AircraftState) -> Profile:
    """The profile of an aircraft."""
    return _profile(state.category, state.type_class, state.wtc, state.t, state.military)


@lru_cache(maxsize=4096)
def _profile(category: str | None, type_class: str | None, wtc: str | None, t: str | None, military: bool) -> Profile:
    found = _BY_DESIGNATOR.get(t) if t else None
    if found is None:
        found = _of_description(type_class, wtc, category) if type_class else _OF_CATEGORY.get(category or "", AIRLINER)
    if not military or found.may_fly_formation:
        return found
    return _MILITARY_FORM.get(found.name, found)


_MILITARY_FORM = {AIRLINER.name: MILITARY, LIGHT.name: MILITARY_LIGHT}


def _of_description(type_class: str, wtc: str | None, category: str | None) -> Profile:
    """The profile of a type described as `type_class`, such as L2J. A light jet flies as an airliner does."""
    if type_class[0] in _ROTORCRAFT_KINDS:
        return ROTORCRAFT
    is_jet = type_class[-1] == "J"
    if wtc in ("M", "H", "J") or (wtc is not None and is_jet):
        return AIRLINER
    if category in _SLOW_CATEGORIES:
        return _OF_CATEGORY[category]
    if wtc == "L" or (wtc is None and category == "A1" and not is_jet):
        return LIGHT
    return AIRLINER
