"""What tests of the tracker begin with."""

from __future__ import annotations

import pytest

from skyspy.tracker import Limits, Tracker


@pytest.fixture
def tracker() -> Tracker:
    """A tracker that has heard nothing."""
    return Tracker(Limits(), None, "epoch")
