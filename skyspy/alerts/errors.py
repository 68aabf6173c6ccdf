"""The one error of this package."""

from __future__ import annotations

from collections.abc import Mapping


class RuleError(ValueError):
    """A document that is not a valid rule, watchlist or place. `fields`: for each path, such as `match.all[1].value`, a sentence that
    says what to do."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{path}: {message}" if path else message for path, message in self.fields.items()))


class Problems:
    """Collects what is wrong with a document, path by path; the first problem of a path is kept."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def add(self, path: str, message: str) -> None:
        """Note a problem."""
        self._found.setdefault(path, message)

    def __len__(self) -> int:
        return len(self._found)

    def check(self) -> None:
        """Raises RuleError if there is any problem."""
        if self._found:
            raise RuleError(self._found)
