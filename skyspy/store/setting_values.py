"""Values of settings: the row that describes a setting, and its value from and to text and JSON.

Invariants: a text or JSON value becomes a setting's value only through `parse`. No I/O here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from skyspy.permissions import ACCESS_LEVELS, ALWAYS_IDENTIFIED, FEATURES
from skyspy.store import origins
from skyspy.store.origins import OriginError


class SettingError(ValueError):
    """A value is not valid for its setting; the message is one line that says what is."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting. `kind` is choice, bool, int, float, degrees (None: unknown), text, features or origins; `low` and `high` bound a number, `choices` are the
    values of a choice; `group` is its heading, `title` its label and `description` its help text in forms; `safe` is the value
    of a damaged row in the database: the default, or the strictest value of a setting that guards access."""

    name: str
    kind: str
    default: Any
    group: str
    title: str
    description: str
    unit: str = ""
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    safe: Any = None


def parse(row: SettingRow, value: object, current: Any = None) -> Any:
    """The setting's value from a text or a JSON value; raises SettingError.

    `current` is its present value (None: the default): FEATURE_ACCESS keeps the levels of features that `value` does not name.
    """
    try:
        return _PARSERS[row.kind](row, value, row.default if current is None else current)
    except (SettingError, OriginError) as error:
        raise SettingError(f"{row.name}: {error}") from None


def _choice(row: SettingRow, value: object, _: Any) -> str:
    word = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(word, str) or word not in row.choices:
        raise SettingError(f"write one of {', '.join(row.choices)}")
    return word


_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _bool(_row: SettingRow, value: object, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if word is None:
        raise SettingError("write true or false")
    return word


def _number_of(row: SettingRow, value: object, _: Any) -> float:
    wanted = f"write a{' whole' if row.kind == 'int' else ''} number from {row.low:g} to {row.high:g}"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SettingError(wanted)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise SettingError(wanted) from None
    # A NaN fails this comparison, too.
    if not row.low <= number <= row.high or (row.kind == "int" and number != int(number)):
        raise SettingError(wanted)
    return int(number) if row.kind == "int" else number


def _degrees(row: SettingRow, value: object, _: Any) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _number_of(row, value, None)


def _text(row: SettingRow, value: object, _: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not isinstance(value, str) or len(text) > row.high or not text.isprintable():
        raise SettingError(f"write at most {row.high:g} printable characters")
    return text


def _features(_row: SettingRow, value: object, current: Any) -> Mapping[str, str]:
    wanted = (
        f"write feature=level, such as audio=authenticated; levels: {', '.join(ACCESS_LEVELS)}; features: {', '.join(FEATURES)}"
    )
    if isinstance(value, str):
        pairs = [word.partition("=") for word in value.replace(",", " ").split()]
        chosen: Mapping[Any, Any] = {feature.strip(): level.strip() for feature, _, level in pairs}
    elif isinstance(value, Mapping):
        chosen = value
    else:
        raise SettingError(wanted)
    for feature, level in chosen.items():
        if feature not in FEATURES or level not in ACCESS_LEVELS:
            raise SettingError(wanted)
        if feature in ALWAYS_IDENTIFIED and level == "public":
            raise SettingError(f"{feature} holds somebody's own data and cannot be public")
    return MappingProxyType({feature: chosen.get(feature, current[feature]) for feature in FEATURES})


_PARSERS: Mapping[str, Callable[[SettingRow, object, Any], Any]] = {
    "choice": _choice,
    "bool": _bool,
    "int": _number_of,
    "float": _number_of,
    "degrees": _degrees,
    "text": _text,
    "features": _features,
    "origins": lambda _row, value, _: origins.parse(value),
}


def to_json(value: Any) -> Any:
    """A setting's value as plain JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def to_text(value: Any) -> str:
    """A setting's value as text; `parse` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ",".join(f"{feature}={level}" for feature, level in value.items())
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, float):
        # Nine digits are a hundredth of a millimetre of latitude.
        return f"{value:.9g}"
    return "" if value is None else str(value)
