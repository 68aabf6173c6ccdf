"""What is known of the aircraft of one tracker beside what receivers say about them: computed fields, and those of a database.

A receiver's value is the best, the database's comes next, then the computed one. `TrackedAircraft.about` holds the two lower ones
merged; its fields have no stamp, never expire, and are shown where no receiver says the same field. A change of them is a change
of the aircraft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from skyspy.aircraft import Value
from skyspy.tracker.tracked_aircraft import TrackedAircraft

Describe = Callable[[str, str | None, str | None], Mapping[str, Value]]
"""The computed fields of an aircraft, from its hex, callsign and type designator (None: not known)."""

MAX_NEWCOMERS = 20_000
"""Aircraft that wait to be looked up; more are not noted, and stay without what the database says."""

_OF_TYPE = ("desc", "type_class", "wtc")


class Descriptions:
    """The descriptions of one tracker's aircraft. `held` are its aircraft by hex; `describe` computes (None: nothing is described)."""

    def __init__(self, describe: Describe | None, held: Mapping[str, TrackedAircraft]) -> None:
        self.notes_newcomers = False
        """Whether somebody takes the newcomers."""
        self._describe = describe
        self._held = held
        self._touched: list[TrackedAircraft] = []
        self._newcomers: list[str] = []

    def add(self, aircraft: TrackedAircraft) -> None:
        """Describe a new aircraft, and note it for `take_newcomers`."""
        if self._describe is None:
            return
        self._settle(aircraft)
        if self.notes_newcomers and len(self._newcomers) < MAX_NEWCOMERS:
            self._newcomers.append(aircraft.hex)

    def follow(self, aircraft: TrackedAircraft) -> None:
        """Describe an aircraft again, if its callsign or its type has changed."""
        pending = aircraft.pending
        if ("flight" in pending or "t" in pending) and self._describe is not None:
            self._settle(aircraft)

    def take_newcomers(self) -> list[str]:
        """The hex of the aircraft that were added since the last call."""
        taken, self._newcomers = self._newcomers, []
        return taken

    @property
    def pending(self) -> int:
        """How many aircraft `take_touched` gives."""
        return len(self._touched)

    def take_touched(self) -> list[TrackedAircraft]:
        """The aircraft that `put` marked as touched since the last call: the next delta looks at them."""
        taken, self._touched = self._touched, []
        return taken

    def everyone(self) -> list[str]:
        """The hex of all aircraft in memory."""
        return list(self._held)

    def put(self, found: Mapping[str, Mapping[str, Value]]) -> bool:
        """Set what the database says, clean fields by hex; nothing for an aircraft: no more. Returns whether anything is new."""
        changed = False
        for hex_, fields in found.items():
            aircraft = self._held.get(hex_)
            if aircraft is not None and self._describe is not None and aircraft.found != fields:
                aircraft.found = fields
                self._settle(aircraft)
                if not aircraft.touched:
                    aircraft.touched = True
                    self._touched.append(aircraft)
                changed = True
        return changed

    def _settle(self, aircraft: TrackedAircraft) -> None:
        """Compute what is known of an aircraft, and show it where no receiver says the same field."""
        assert self._describe is not None  # noqa: S101 - the callers have looked
        stamps, found = aircraft.stamps, aircraft.found
        heard = aircraft.current("t") if "t" in stamps else None
        if heard is not None and found.get("t", heard) != heard:
            # The database means another type than the aircraft has.
            found = {name: value for name, value in found.items() if name not in _OF_TYPE}
        flight = aircraft.current("flight") if "flight" in stamps else None
        about = {**self._describe(aircraft.hex, flight, heard or found.get("t")), **found}  # type: ignore[arg-type]
        for name in {**aircraft.about, **about}:
            if name not in stamps:
                aircraft.set_pending(name, about.get(name))
        aircraft.about = about
