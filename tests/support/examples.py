"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def at_most(examples: int) -> settings:
    """For a property whose examples cost much. Fewer where the profile has fewer: `make unit` takes `quick`."""
    return settings(max_examples=min(examples, settings.default.max_examples), deadline=None)  # type: ignore[union-attr]
