"""Errors, bodies, slashes and other origins."""

from __future__ import annotations

from io import BytesIO

import pytest

from tests.support.world import World

ORIGIN = "https://map.example"


@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api", "/data/nothing.json", "/v2/nothing", "/v2", "/healthz/x", "/api/auth/"]
)
def test_an_unknown_address_below_the_api_is_a_json_404(world: World, path: str) -> None:
    answer = world.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert "/api/docs/" in answer.json["error"]["message"]


def test_an_unknown_page_is_a_page(world: World) -> None:
    answer = world.get("/nothing<script>")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert b"<script>" not in answer.data.replace(b'<script src="', b"")


def test_a_wrong_method_is_405_and_says_which_is_right(world: World) -> None:
    answer = world.client.post("/api/aircraft/")
    assert (answer.status_code, answer.json["error"]["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
    assert "use GET" in answer.json["error"]["message"]
    assert "use DELETE" in world.client.put("/api/auth/keys/1/").json["error"]["message"]


def test_a_body_that_is_not_json_is_415(world: World) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = world.client.post("/api/auth/token/", data="username=a&password=b", content_type=kind)
        assert (answer.status_code, answer.json["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"null", b'{"username": NaN}', b"\xff\xfe", b"[" * 5000, b'{"a":' * 5000])
def test_a_body_that_is_no_object_is_400(world: World, body: bytes) -> None:
    answer = world.client.post("/api/auth/token/", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")


class Trickle(BytesIO):
    """A body that arrives in pieces, as from the network."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(8192, size) if size is not None and size >= 0 else 8192)


@pytest.mark.parametrize("size", [64 * 1024 + 1, 70_000, 1_000_000])
@pytest.mark.parametrize("stream", [BytesIO, Trickle])
def test_a_body_that_is_too_large_is_413_with_or_without_a_length(world: World, stream: type[BytesIO], size: int) -> None:
    # Valid JSON if it were cut at the limit: a body that is too large must not be read as a shorter one.
    large = b'{"username": "a", "password": "b"}'.ljust(size)
    assert world.client.post("/api/auth/token/", data=large, content_type="application/json").status_code == 413
    chunked = world.client.post(
        "/api/auth/token/",
        input_stream=stream(large),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (chunked.status_code, chunked.json["error"]["code"]) == (413, "too_large")


def test_a_body_just_within_the_limit_is_read(world: World) -> None:
    body = b'{"username": "a", "password": "b"}'.ljust(64 * 1024)
    answer = world.client.post(
        "/api/auth/token/",
        input_stream=Trickle(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.json["error"]["code"] == "invalid_credentials"


def test_every_address_works_with_and_without_its_last_slash(world: World) -> None:
    for rule in world.app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/data/", "/v2/", "/healthz", "/readyz")):
            continue
        path = rule.rule.replace("<hex>", "4B1805").replace("<words>", "x").replace("<key_id>", "1")
        for word in ("<lat>", "<lon>", "<nm>"):
            path = path.replace(word, "1")
        method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
        statuses = [world.client.open(p, method=method).status_code for p in (path.rstrip("/"), path.rstrip("/") + "/")]
        assert statuses[0] == statuses[1], path
        assert statuses[0] not in (301, 302, 307, 308), path


def test_another_origin_reads_only_what_the_operator_named_it_for(world: World) -> None:
    def allowed(origin: str, path: str = "/api/aircraft/") -> str | None:
        answer = world.get(path, Origin=origin)
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        origin_allowed: str | None = answer.headers.get("Access-Control-Allow-Origin")
        return origin_allowed

    assert allowed(ORIGIN) is None
    world.choose(CORS_ORIGINS=ORIGIN)
    assert allowed(ORIGIN) == ORIGIN
    assert allowed(ORIGIN, "/api/nothing/") == ORIGIN
    for other in ("https://evil", "null", f"{ORIGIN}.evil", "https://evil.map.example", f"{ORIGIN}:444", "http://map.example"):
        assert allowed(other) is None, other
    assert "Access-Control-Allow-Origin" not in world.get("/", Origin=ORIGIN).headers


def test_a_preflight_is_answered_for_named_origins_without_a_credential(world: World) -> None:
    world.choose(CORS_ORIGINS=ORIGIN, AUTH_MODE="private")
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = world.client.options("/api/auth/token/", headers=asks)
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert (
        "Access-Control-Allow-Methods"
        not in world.client.options("/api/auth/token/", headers={**asks, "Origin": "https://evil"}).headers
    )
