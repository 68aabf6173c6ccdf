"""Interfaces: from the records that services return to the models that the API answers with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec

from skyspy.clock import iso

Model = TypeVar("Model", bound=msgspec.Struct)


class _Attributes:
    """The attributes of several records as those of one: the first record that has an attribute gives its value. Wall
    times come as ISO 8601 text, sets sorted."""

    def __init__(self, records: tuple[object, ...]) -> None:
        self._records = records

    def __getattr__(self, name: str) -> Any:
        value = next((getattr(record, name) for record in self._records if hasattr(record, name)), msgspec.UNSET)
        if value is msgspec.UNSET:
            raise AttributeError(name)
        if isinstance(value, frozenset):
            return sorted(value)
        # Fields with these names are times in seconds since 1970.
        is_time = isinstance(value, int | float) and (name in ("at", "since") or name.endswith("_at"))
        return iso(value) if is_time else value


def to_model(model: type[Model], *records: object, **values: object) -> Model:
    """The model, each field taken from `values` or the first of the records that has it; raises ValidationError where
    none has, or one of another type."""
    return msgspec.convert(_Attributes((SimpleNamespace(**values), *records)), model, from_attributes=True)
