"""What one aircraft shows, and its alarms: the emergency squawk, and the resolution advisory.

`public` and `pending` are as in tracked_aircraft.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.aircraft import Value
from skyspy.safety.emergency import SQUAWKS, EmergencySquawk
from skyspy.tracker.gate import ADVISORY

Object = dict[str, Any]
"""An aircraft object, or its changed fields."""

REPLIES = "mode_s"
"""The source of replies to interrogations."""


class Alarmed:
    """The values of one aircraft with its alarms. `advisory` is the last resolution advisory, also after it has expired."""

    __slots__ = ("advisory", "alarm", "has_removals", "pending", "public")

    def __init__(self, hex_: str) -> None:
        self.public: Object = {}
        self.pending: Object = {"hex": hex_}
        self.has_removals = False
        self.alarm: EmergencySquawk | None = None
        self.advisory: Value | None = None

    def current(self, name: str) -> Any:
        """The current value of a field, pending or public."""
        pending = self.pending
        return pending[name] if name in pending else self.public.get(name)

    def set_pending(self, name: str, value: Value | None) -> None:
        """Set a pending value, unless it is public already; None removes the field."""
        if self.public.get(name) == value:
            self.pending.pop(name, None)
        else:
            self.pending[name] = value
            self.has_removals = self.has_removals or value is None

    def take_squawk(self, code: Value | None, at: float) -> None:
        """Start, confirm or end the alarm of an emergency squawk; None: no squawk was received."""
        if code is None:
            return
        if code not in SQUAWKS:
            self.end_alarm()
        elif self.alarm is None:
            self.alarm = EmergencySquawk(str(code), at)
        else:
            is_first = self.alarm.meaning is None
            if self.alarm.confirm(str(code), at):
                if is_first:
                    self.alarm.own = self.current("emergency")
                self.set_pending("emergency", self.alarm.emergency)

    def take_emergency(self, word: Value | None) -> None:
        """Apply a new value of `emergency` that the aircraft sent (None: it expired) to a confirmed alarm."""
        if self.alarm is not None and self.alarm.meaning is not None:
            self.alarm.own = word
            self.set_pending("emergency", self.alarm.emergency)

    def end_alarm(self) -> None:
        """End the alarm; the aircraft's own `emergency` applies again."""
        alarm, self.alarm = self.alarm, None
        if alarm is not None and alarm.meaning is not None:
            self.set_pending("emergency", alarm.own)

    def doubts_squawk(self, squawk: Value | None, at: float) -> bool:
        """Whether the squawk of a reply would begin or end an emergency and was not received twice yet."""
        if squawk is None or squawk == self.current("squawk"):
            return False
        alarm, code = self.alarm, str(squawk)
        if code in SQUAWKS:
            return alarm is None or alarm.doubts(code, at)
        return alarm is not None and alarm.doubts_end(code, at)

    def with_new_advisory(self, fields: Mapping[str, Value]) -> Mapping[str, Value]:
        """The fields, without an advisory that was taken already: readsb repeats one, with its time, for as long as it shows it."""
        told = fields[ADVISORY]
        if isinstance(told, dict) and "unix_timestamp" in told and told == self.advisory:
            return {name: value for name, value in fields.items() if name != ADVISORY}
        self.advisory = told
        return fields
