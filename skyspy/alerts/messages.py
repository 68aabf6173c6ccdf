"""What an alert says: its message, what has matched, and the aircraft as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.alerts.columns import Columns
from skyspy.alerts.compile import Leaf
from skyspy.alerts.fields import FIELDS, FLAG, LIST, MESSAGE_FIELDS, NUMBER, PLACE, TEXT
from skyspy.alerts.rule import OwnedRule
from skyspy.alerts.template import filled, names_in, shortened, shown
from skyspy.alerts.values import EVENT_FIELDS, READ
from skyspy.alerts.watchlist import Watchlist
from skyspy.safety.events import SafetyEvent
from skyspy.safety.states import name_of

MAX_LISTED = 50
"""Aircraft of a count, and rules of alerts that were left out, that are listed."""
MAX_NAMED = 5
"""Of these, named in a sentence."""

_PAYLOAD: tuple[tuple[str, str], ...] = (
    ("hex", "hex"), ("flight", "flight"), ("r", "r"), ("t", "t"), ("ownOp", "own_op"), ("category", "category"), ("squawk", "squawk"),
    ("emergency", "emergency_type"), ("military", "military"), ("alt_baro", "alt_baro"), ("alt_geom", "alt_geom"), ("gs", "gs"),
    ("track", "track"), ("baro_rate", "rate"), ("lat", "lat"), ("lon", "lon"), ("distance_nm", "distance_nm"), ("bearing", "bearing"),
    ("country_code", "country_code"), ("airline_icao", "airline_icao"), ("type_class", "type_class"), ("source", "source"),
)  # fmt: skip
"""Names of aircraft objects, and the field of each."""
_MOVED = {
    "landed": "landed at",
    "departed": "departed from",
    "entered": "entered the vicinity of",
    "left": "left the vicinity of",
}


def payload_of(state: AircraftState, owned: OwnedRule, columns: Columns) -> dict[str, Any]:
    """The aircraft as it is now, by the names of aircraft objects; what is not known, or not for the owner, is left out."""
    if not is_visible(owned):
        return {"hex": state.hex}
    seen = columns.seen(owned.exact_place)
    found = {name: READ[field](state, seen) for name, field in _PAYLOAD}
    if state.on_ground:
        found["alt_baro"] = "ground"
    return {name: _rounded(value) for name, value in found.items() if value is not None}


def is_visible(owned: OwnedRule) -> bool:
    """Whether the owner of a rule may see aircraft."""
    return FIELDS["hex"].needs in owned.may


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def reasons_of(
    reasons: Sequence[tuple[Leaf, bool]],
    state: AircraftState,
    owned: OwnedRule,
    columns: Columns,
    watchlists: Mapping[str, Watchlist],
) -> tuple[dict[str, Any], ...]:
    """What has matched: for each condition its field, op and value, the actual value, and `not` where it holds by not being so."""
    found = []
    for leaf, is_not in reasons:
        one = leaf.condition.document()
        kind = FIELDS[leaf.condition.field].kind
        if kind == PLACE:
            # The document of a place may be long.
            one["value"], one["actual"] = None, [state.lat, state.lon]
        elif kind == LIST:
            watchlist = watchlists.get(str(leaf.condition.value))
            one["actual"] = None if watchlist is None else watchlist.name
        elif kind in (TEXT, NUMBER, FLAG):
            actual = READ[leaf.condition.field](state, columns.seen(owned.exact_place))
            one["actual"] = shortened(actual) if isinstance(actual, str) else _rounded(actual)
        else:
            one["actual"] = columns.events.values(leaf.condition.field, state.hex)
        found.append({**one, "not": True} if is_not else one)
    return tuple(found)


def message_of(owned: OwnedRule, state: AircraftState, columns: Columns, fields: Sequence[str]) -> str:
    """The message about one aircraft. `fields`: those that have matched."""
    rule, events = owned.rule, columns.events
    if not is_visible(owned):
        texts = [event.message for event in events.safety.get(state.hex, ())]
        return shortened(f"{rule.name}: {'; '.join(texts) or state.hex}")
    happened = {name: events.values(name, state.hex) for name in EVENT_FIELDS if name in fields}
    if rule.message is None:
        said = _said(state, owned, columns) if MESSAGE_FIELDS.intersection(fields) else []
        parts = [*_described(state, owned, columns), *_happened(happened, state, columns), *said]
        return shortened(f"{rule.name}: {', '.join(parts)}")
    seen = columns.seen(owned.exact_place)
    values = {name: READ[name](state, seen) for name in names_in(rule.message) if name in READ}
    airports = [airport for name in _MOVED for airport in happened.get(name, ()) if airport]
    types = happened.get("safety_event", ())
    return filled(
        rule.message,
        {
            **values,
            "name": name_of(state),
            "rule": rule.name,
            "airport": airports[0] if airports else None,
            "event": types[0] if types else None,
        },
    )


def _described(state: AircraftState, owned: OwnedRule, columns: Columns) -> list[str]:
    """How an aircraft is described: what it is called, what it is, how high and how far."""
    name = name_of(state)
    parts = [name, *(one for one in (state.t, state.r) if one and one != name)]
    if state.on_ground:
        parts.append("on the ground")
    elif state.alt_baro is not None:
        parts.append(f"{state.alt_baro:,} ft")
    distance = READ["distance_nm"](state, columns.seen(owned.exact_place))
    return parts if distance is None else [*parts, f"{shown('distance_nm', distance)} nm"]


def _happened(happened: Mapping[str, Sequence[str]], state: AircraftState, columns: Columns) -> list[str]:
    moved = [
        f"{_MOVED[name]} {airport or 'no airport'}"
        for name, airports in happened.items()
        if name in _MOVED
        for airport in airports
    ]
    events = columns.events.safety.get(state.hex, ()) if "safety_event" in happened else ()
    return [*moved, *(event.message for event in events)]


def _said(state: AircraftState, owned: OwnedRule, columns: Columns) -> list[str]:
    """The label and the text of the aircraft's data link message."""
    seen = columns.seen(owned.exact_place)
    label, text = READ["acars_label"](state, seen), READ["acars_text"](state, seen)
    return [f"message {label or 'without label'}{f': {text}' if text else ''}"]


def count_message(owned: OwnedRule, states: Sequence[AircraftState], count: int) -> str:
    """The message of a rule that counts: `count` match, of which some are here."""
    rule = owned.rule
    if rule.message is not None:
        return filled(rule.message, {"rule": rule.name, "count": count, "name": ", ".join(map(name_of, states[:MAX_NAMED]))})
    names = ", ".join(map(name_of, states[:MAX_NAMED]))
    more = f" and {count - MAX_NAMED} more" if count > MAX_NAMED else ""
    return shortened(f"{rule.name}: {count} aircraft match: {names}{more}")


def area_message(owned: OwnedRule, events: Sequence[SafetyEvent]) -> str:
    """The message about safety events of no aircraft."""
    rule = owned.rule
    if rule.message is not None:
        return filled(rule.message, {"rule": rule.name, "event": events[0].event_type})
    return shortened(f"{rule.name}: {'; '.join(event.message for event in events)}")


def left_out_message(left_out: Sequence[tuple[str, int]]) -> str:
    """The message about alerts that were left out: the names of rules, and how many of each."""
    total = sum(count for _, count in left_out)
    named = ", ".join(f"{name} ({count})" for name, count in left_out[:MAX_NAMED])
    return shortened(f"{total} more alerts were left out, because there were too many in a minute: {named}")


def quiet_message(messages: Sequence[str]) -> str:
    """One message for those that quiet hours have held, in their order; as many lines as there is room for."""
    first = f"{len(messages)} alert{'' if len(messages) == 1 else 's'} in quiet hours"
    return shortened("\n".join([first, *messages[:MAX_LISTED]]))
