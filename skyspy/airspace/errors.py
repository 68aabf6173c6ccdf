"""The one error of this package."""

from __future__ import annotations


class AirspaceError(ValueError):
    """A document, or a part of one, that cannot be read. The message is one line for the operator."""
