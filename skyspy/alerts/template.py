"""Messages of rules: a text with `{field}` in it, and nothing else in braces.

A message is filled in by replacing names: no attribute, index, format or expression is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skyspy.alerts.fields import FIELDS, FLAG, NUMBER, TEXT

MAX_TEMPLATE = 200
MAX_MESSAGE = 500
UNKNOWN = "unknown"
"""In place of a value that is not known."""
OTHERS: Mapping[str, str] = {
    "name": "Callsign, else registration, else address",
    "rule": "Name of the rule",
    "count": "How many aircraft match, for a rule that counts",
    "airport": "Airport of the landing, departure, entry or exit",
    "event": "Type of the safety event",
}
"""What may stand in a message beside fields, with its label."""
NAMES: frozenset[str] = frozenset({row.name for row in FIELDS.values() if row.kind in (TEXT, NUMBER, FLAG)} | OTHERS.keys())
"""Every name that may stand in braces."""
_FIELD = re.compile(r"\{([A-Za-z_]{1,32})\}", re.ASCII)


class TemplateError(ValueError):
    """A message that is not valid. Its text says what to do."""


def check_template(template: str) -> None:
    """Raises TemplateError where the message cannot be filled in."""
    if not 0 < len(template.strip()) <= MAX_TEMPLATE or len(template) > MAX_TEMPLATE:
        raise TemplateError(f"Give a message of 1 to {MAX_TEMPLATE} characters.")
    if not all(character.isprintable() or character == "\n" for character in template):
        raise TemplateError("Leave out control characters.")
    for name in _FIELD.findall(template):
        if name not in NAMES:
            raise TemplateError(f"There is no field {name}; fields of the list may be used, such as {{flight}} or {{alt_baro}}.")
    if re.search(r"[{}]", _FIELD.sub("", template)):
        raise TemplateError("Braces hold the name of a field and nothing else, such as {flight}.")


def names_in(template: str) -> frozenset[str]:
    """The names that a message asks for."""
    return frozenset(_FIELD.findall(template))


def filled(template: str, values: Mapping[str, object]) -> str:
    """The message with these values in it, at most MAX_MESSAGE characters long."""
    return shortened(_FIELD.sub(lambda found: shown(found[1], values.get(found[1])), template))


def shortened(text: str) -> str:
    """The text, cut at MAX_MESSAGE characters."""
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1].rstrip() + "…"


def shown(name: str, value: object) -> str:
    """A value of a field as people read it, without its unit. Braces in it stay as they are."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        digits = 5 if name in ("lat", "lon") else 1
        return f"{value:.{digits}f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
    return str(value)
