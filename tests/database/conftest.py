"""The store's tests run on every kind of database."""

from __future__ import annotations

import pytest

from tests.databases import KINDS


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database, one after the other."""
    found: str = request.param
    return found
