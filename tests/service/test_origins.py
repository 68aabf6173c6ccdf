"""Claims about origins that an operator names: of pages and of apps, at the API and at a socket."""

from __future__ import annotations

import pytest

from skyspy.transport.guard import Guard
from tests.support.world import World


@pytest.mark.parametrize("origin", ["https://map.example", "capacitor://localhost", "ionic://localhost", "tauri://localhost"])
def test_a_named_origin_may_use_the_api_and_connect(world: World, origin: str) -> None:
    guard = Guard(world.settings, ())
    assert world.get("/api/aircraft/", Origin=origin).headers.get("Access-Control-Allow-Origin") is None
    assert not guard(origin)
    world.choose(CORS_ORIGINS=[origin])
    assert world.get("/api/aircraft/", Origin=origin).headers["Access-Control-Allow-Origin"] == origin
    assert guard(origin)
    for other in ("capacitor://evil", "https://localhost", "capacitor://localhost.evil.example", "null", "file://"):
        assert world.get("/api/aircraft/", Origin=other).headers.get("Access-Control-Allow-Origin") is None
        assert not guard(other)
