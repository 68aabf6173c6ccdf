"""The common aircraft types. Pure.

Source of `data/aircraft_types.csv`: facts of ICAO Doc 8643, Aircraft Type Designators. `class` is its description: L landplane,
S seaplane, A amphibian, G gyrocopter, H helicopter or T tiltrotor; the number of engines; J jet, T turboprop or P piston. `wake` is the wake
turbulence category: L, M, H or J (A380). Types whose category depends on the variant have none; balloons and the like have neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy.registration.tables import load_csv_rows


@dataclass(frozen=True, slots=True)
class Type:
    """One type: its name, its class such as L2J and its wake turbulence category ("": none)."""

    name: str
    kind: str
    wake: str


TYPES: dict[str, Type] = {
    designator: Type(name, kind, wake) for designator, name, kind, wake in load_csv_rows("aircraft_types.csv")
}
"""By ICAO type designator."""
