"""Floor 3, the cellar: what must outlive the process."""

from __future__ import annotations


class StoreError(Exception):
    """The database cannot be used as asked; the message is one line for the operator."""


class StoreBusy(StoreError):
    """Somebody else holds the database longer than we wait: try again later."""
