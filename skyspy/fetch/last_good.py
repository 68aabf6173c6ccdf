"""Where the last good document of each source is kept."""

from __future__ import annotations

from typing import Protocol

from skyspy.fetch.document import Document


class LastGood(Protocol):
    """Keeps one document for each name. Every method may wait, and raises StoreError where it cannot be used."""

    def load(self, name: str, unlike: float | None = None) -> Document | None:
        """The document of a name; None where there is none, and where its `checked_at` is `unlike`."""

    def save(self, name: str, document: Document) -> None:
        """Keep a document instead of the one before."""

    def confirm(self, name: str, document: Document) -> None:
        """Keep the `checked_at`, `etag` and `last_modified` of a document whose body is kept already."""


class MemoryLastGood:
    """Keeps documents as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Document] = {}

    def load(self, name: str, unlike: float | None = None) -> Document | None:
        """The document of a name; None where there is none, and where its `checked_at` is `unlike`."""
        kept = self._kept.get(name)
        return None if kept is None or kept.checked_at == unlike else kept

    def save(self, name: str, document: Document) -> None:
        """Keep a document instead of the one before."""
        self._kept[name] = document

    def confirm(self, name: str, document: Document) -> None:
        """Keep the times and validators of a document whose body is kept already."""
        self._kept[name] = document
