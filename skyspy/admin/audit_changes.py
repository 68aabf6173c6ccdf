"""Interfaces: what an entry of the audit log changed, field by field, as text.

Pure: an entry's `before` and `after` in, texts out. Only differences are described, and never as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.admin import labels
from skyspy.admin.formatting import utc_time
from skyspy.store.audit import Entry
from skyspy.store.registry import ROWS

_FIELDS = {
    "expires_at": "ends",
    "former_until": "the former one ends",
    "families": "sign-ins ended",
    "family": "sign-in",
    "sockets": "connections",
    "panel": "on the panel",
    "says": "what it is for",
    "scopes": "may",
    "networks": "from",
}
"""Display names of fields, where they differ from the stored ones."""
_NONE = {"scopes": "everything its owner may", "networks": "anywhere", "expires_at": "never"}
"""Text for a null value, by field."""
MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Change:
    """One field: its display name, its value before ("" if not recorded) and after ("" if removed)."""

    what: str
    before: str
    after: str


def describe_changes(entry: Entry) -> list[Change]:
    """The changes of an entry; none if it records only that something happened."""
    before, after = _fields(entry.before), _fields(entry.after)
    if entry.object in ROWS and "value" in after:
        return _setting(entry.object, before, after["value"])
    changes = []
    for name in dict.fromkeys((*before, *after)):
        if name in before and name in after:
            changes += _both(name, before[name], after[name])
        else:
            is_mark = after.get(name) is True
            changes.append(Change(_called(name), _text(name, before), "" if is_mark else _text(name, after)))
    return changes


def _setting(name: str, before: Mapping[str, Any], value: Any) -> list[Change]:
    row = ROWS[name]
    try:
        if "value" not in before:
            return [Change("", "", labels.value_name(row, value))]
        lines = labels.describe_difference(row, before["value"], value)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Written by another version, with values of another type.
        return [Change("", str(before.get("value", ""))[:MAX_TEXT], str(value)[:MAX_TEXT])]
    return [Change(what if row.kind == "features" else "", old, new) for what, old, new in lines]


def _both(name: str, before: Any, after: Any) -> list[Change]:
    """The change of a field that is recorded before and after; for a list, the items added and removed."""
    if before == after:
        return []
    if isinstance(before, list) and isinstance(after, list):
        came, went = ([str(word) for word in one if word not in other] for one, other in ((after, before), (before, after)))
        lines = [Change("came", "", ", ".join(came))] if came else []
        return lines + ([Change("went", ", ".join(went), "")] if went else [])
    return [Change(_called(name), _value(name, before), _value(name, after))]


def _fields(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {} if value is None else {"value": value}


def _called(name: str) -> str:
    return _FIELDS.get(name, name.replace("_", " "))


def _text(name: str, fields: Mapping[str, Any]) -> str:
    return _value(name, fields[name]) if name in fields else ""


def _value(name: str, value: Any) -> str:
    if value is None:
        return _NONE.get(name, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))[:MAX_TEXT] or "nothing"
    if name.endswith(("_at", "_until")) and isinstance(value, int | float):
        return utc_time(value)
    return str(value)[:MAX_TEXT]
