"""The MQTT topic of a destination: a template in which values of the alert stand for `{name}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DEFAULT = "skyspy/alerts/{owner}"
MAX_TEMPLATE = 200
MAX_TOPIC = 500
NAMES = ("owner", "rule", "hex", "callsign")
"""`owner` and `rule` are numbers; of an alert that is not about one aircraft `hex` and `callsign` are "none"."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_FORBIDDEN = re.compile(r"[+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_IN_A_VALUE = re.compile(r"[/+#$\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def check(template: str) -> None:
    """Raise ValueError where a template makes no topic."""
    bare = _PLACE.sub("", template)
    if _FORBIDDEN.search(template):
        raise ValueError("has no + and # and no control characters")
    if template.startswith("$"):
        raise ValueError("does not begin with $: such topics are the broker's own")
    if "{" in bare or "}" in bare or not set(_PLACE.findall(template)) <= set(NAMES):
        raise ValueError(f"may hold {', '.join('{' + name + '}' for name in NAMES)} and no other braces")
    if not template:
        raise ValueError("is missing")


def fill(template: str, owner_id: int, data: Mapping[str, Any]) -> str:
    """The topic of an alert. A value adds no level and no wildcard."""
    values = {"owner": owner_id, "rule": data.get("rule_id"), "hex": data.get("hex"), "callsign": data.get("callsign")}
    return _PLACE.sub(lambda place: _word(values.get(place.group(1))), template)[:MAX_TOPIC]


def _word(value: object) -> str:
    return _IN_A_VALUE.sub("", "" if value is None else str(value)) or "none"
