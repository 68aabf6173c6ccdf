"""The rule for resolution advisories of TCAS (`tcas_ra`): received ones, and ones that a reversal suggests. Pure.

An advisory counts with its first reception where the parity of the message covers all of it (DF17 and DF18): it lasts for seconds only. In replies
(DF16, DF20, DF21) the parity holds the address, so that it takes two; also where it is not known in which message it came. One that is
terminated (RAT) or has no active bit (ARA) is over and raises nothing; nor does one on the ground, where only tests make them.

Two aircraft with an advisory about each other are one situation. So are an inferred advisory and the received one of the same aircraft.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from skyspy.aircraft import Scalar
from skyspy.aircraft_state import AircraftState
from skyspy.safety.reversals import Reversals
from skyspy.safety.rules import CRITICAL, TCAS_RA, WARNING, Finding, Round
from skyspy.safety.states import name_of
from skyspy.safety.two_looks import TwoLooks

APART_S = 0.5
"""Two receptions nearer in time may be one message over two receivers."""
CHECKED_FORMATS = frozenset({"17", "18"})
"""Downlink formats whose parity covers the whole message."""
CLEAR = "clear of conflict"
"""The text of an advisory that is over, in lower case."""
NO_THREATS = frozenset({"000000", "FFFFFF"})


@dataclass(frozen=True, slots=True)
class Advisory:
    """The advisory of one aircraft. `threat`: the address of the other; None where it is not known."""

    state: AircraftState
    text: str
    threat: str | None
    is_inferred: bool = False

    @property
    def pair(self) -> str:
        """Both addresses, the lower one first; its own where the threat is not known."""
        return self.state.hex if self.threat is None else "-".join(sorted((self.state.hex, self.threat)))


class ResolutionAdvisories:
    """The rule. `_keys`: the situations of the last round, by pair and by aircraft. A situation keeps its key also where its threat
    becomes known later."""

    def __init__(self) -> None:
        self._looks = TwoLooks(APART_S)
        self._reversals = Reversals()
        self._keys: dict[str, str] = {}

    @property
    def remembered(self) -> int:
        """How many entries are kept for the next round."""
        return len(self._looks) + self._reversals.remembered + len(self._keys)

    def look(self, look: Round) -> Iterator[Finding]:
        """The advisories in force, one finding for each situation."""
        self._looks.begin()
        received: dict[str, Advisory] = {}
        for place, state in enumerate(look.aircraft.values()):
            if place % 64 == 63:
                look.pause()
            if state.acas_ra is None or state.on_ground:
                continue
            advisory = _advisory_of(state, state.acas_ra)
            if advisory is not None and self._is_confirmed(state, state.acas_ra):
                received[state.hex] = advisory
        inferred = [
            Advisory(state, "", traffic, is_inferred=True)
            for state, traffic in self._reversals.look(look)
            if state.hex not in received and not state.on_ground
        ]
        yield from self._findings([*received.values(), *inferred], look.aircraft)

    def _is_confirmed(self, state: AircraftState, fields: Mapping[str, Scalar]) -> bool:
        return self._looks.confirms(
            state.hex, "advisory", state.acas_ra_at, at_once=str(fields.get("df_type")) in CHECKED_FORMATS
        )

    def _findings(self, advisories: list[Advisory], aircraft: Mapping[str, AircraftState]) -> Iterator[Finding]:
        """A finding for each situation."""
        before, self._keys = self._keys, {}
        situations: dict[str, list[Advisory]] = {}
        for one in sorted(
            advisories, key=lambda one: (one.is_inferred, one.threat is None, one.pair not in before, one.state.hex)
        ):
            key = self._keys.get(one.pair)
            if key is None:
                names = (one.pair, one.state.hex) if one.threat is None else (one.pair, one.state.hex, one.threat)
                earlier = (before[name] for name in names if name in before)
                key = next((found for found in earlier if found not in situations), one.pair)
                while key in situations:
                    key += "+"
                for name in names:
                    self._keys.setdefault(name, key)
            situations.setdefault(key, []).append(one)
        for key, members in situations.items():
            yield _finding(key, members, aircraft)


def _advisory_of(state: AircraftState, fields: Mapping[str, Scalar]) -> Advisory | None:
    """The advisory in readsb's object; None where it is over, or none."""
    text = str(fields.get("advisory") or "")
    if str(fields.get("RAT")) == "1" or text.lower() == CLEAR:
        return None
    if "ARA" in fields:
        active = str(fields["ARA"]).zfill(7)
        if "1" not in active or (active[0] != "1" and str(fields.get("MTE")) != "1"):
            return None
    elif not text:
        return None
    threat = str(fields.get("threat_id_hex") or "").strip().upper()
    is_threat = (
        len(threat) == 6 and not set(threat) - set("0123456789ABCDEF") and threat not in NO_THREATS and threat != state.hex
    )
    return Advisory(state, text or "resolution advisory", threat if is_threat else None)


def _finding(key: str, members: list[Advisory], aircraft: Mapping[str, AircraftState]) -> Finding:
    """One situation; the first member is a received advisory if any is."""
    first = members[0]
    other = first.threat or next((one.state.hex for one in members if one.state.hex != first.state.hex), None)
    texts = {one.state.hex: one.text for one in reversed(members) if not one.is_inferred}
    hexes = sorted((first.state.hex, other)) if other is not None else [first.state.hex]
    states = [aircraft.get(hex_) for hex_ in hexes]
    names = {hex_: name_of(state) if state is not None else hex_ for hex_, state in zip(hexes, states, strict=True)}
    located = (
        first.state
        if first.state.point is not None
        else next((one for one in states if one is not None and one.point), first.state)
    )
    return Finding(
        TCAS_RA,
        key,
        WARNING if first.is_inferred else CRITICAL,
        _message(first, other, names, texts),
        hex=hexes[0],
        hex_2=hexes[1] if other is not None else None,
        callsign=states[0].flight if states[0] is not None else None,
        callsign_2=states[1].flight if other is not None and states[1] is not None else None,
        lat=located.lat,
        lon=located.lon,
        details={
            "advisory": texts.get(hexes[0]),
            "advisory_2": texts.get(hexes[1]) if other is not None else None,
            "inferred": first.is_inferred,
            "altitude_ft": first.state.alt_baro,
            "vertical_rate_ft_min": first.state.rate,
        },
    )


def _message(first: Advisory, other: str | None, names: Mapping[str, str], texts: Mapping[str, str]) -> str:
    own = names[first.state.hex]
    if first.is_inferred:
        return f"Possible TCAS resolution advisory: {own} reversed its vertical speed near {names[other or first.state.hex]}."
    said = f"TCAS resolution advisory: {own}: {first.text}"
    if other is None:
        return f"{said}."
    return f"{said}; {names[other]}: {texts[other]}." if other in texts else f"{said}; traffic {names[other]}."
