"""Reading the fields of a document that a person wrote: every one that is wrong is named, not only the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from skyspy.outbound import OutboundError


class Fields:
    """The fields of one document. What is wrong is kept, and given by `finished`."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._left = dict(document)
        self._errors: dict[str, str] = {}

    def fail(self, name: str, message: str) -> None:
        """Note what is wrong with a field."""
        self._errors.setdefault(name, message)

    @contextmanager
    def errors_of(self, name: str) -> Iterator[None]:
        """Note a ValueError or an OutboundError as an error of this field."""
        try:
            yield
        except (ValueError, OutboundError) as error:
            self.fail(name, str(error))

    def text(self, name: str, default: str | None, longest: int, *, empty: bool = False) -> str | None:
        """A text of at most `longest` characters; the default where it is missing or null. Without a default that is an error for `url`
        and `host` alone. `empty`: an empty text is one, too."""
        value = self._left.pop(name, None)
        if value is None:
            if default is None and name in _REQUIRED:
                self.fail(name, "is missing")
            return default
        if not isinstance(value, str) or not (value or empty) or len(value) > longest:
            self.fail(name, f"is a text of {0 if empty else 1} to {longest} characters")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """true or false; the default where it is missing or null."""
        value = self._left.pop(name, None)
        if value is not None and not isinstance(value, bool):
            self.fail(name, "is true or false")
        return value if isinstance(value, bool) else default

    def number(self, name: str, default: int | None, least: int, most: int) -> int | None:
        """A whole number within bounds; the default where it is missing or null."""
        value = self._left.pop(name, None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fail(name, f"is a whole number from {least} to {most}")
            return default
        return value

    def one_of(self, name: str, default: str, values: Sequence[str]) -> str:
        """One of the values; the default where it is missing or null."""
        value = self._left.pop(name, None)
        if value is not None and value not in values:
            self.fail(name, f"is one of {', '.join(values)}")
        return value if isinstance(value, str) and value in values else default

    def finished(self) -> Mapping[str, str]:
        """What is wrong, by field; a field that was not asked for is unknown."""
        return self._errors | dict.fromkeys((str(name) for name in self._left), "is no field of this kind of destination")


_REQUIRED = ("url", "host")
