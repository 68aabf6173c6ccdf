"""The log: one event is one line, what looks like a secret is replaced, and the tail is bounded."""

from __future__ import annotations

import logging
import secrets

import pytest

from skyspy.logs import FORMAT, HIDDEN, MAX_LINE_CHARACTERS, MAX_TAIL_LINES, LogTail, SanitizingFormatter, configure, redact


def random() -> str:
    return secrets.token_urlsafe(32).replace("-", "a").replace("_", "b")


SECRET = random()
HIDES = {
    "a live key": f"key sk_live_{SECRET} is new",
    "a test key": f"(sk_test_{SECRET})",
    "a refresh token": f"refresh=rt_{SECRET};",
    "a key of a webhook": f"secret=whsec_{SECRET}+/{SECRET}= is new",
    "a JWT": f"token eyJhbGciOiJIUzI1NiJ9.eyJ{SECRET}.{SECRET}.",
    "half a JWT": f"eyJhbGci{SECRET}.{SECRET}",
    "an Authorization header": f"Authorization: Bearer {SECRET}",
    "a URL's password": f"cannot connect to http://op:{SECRET}@pi.local/data/aircraft.json",
    "a URL's password with an @": f"postgresql+psycopg://sky:{SECRET}@{SECRET}@db:5432/sky",
    "a query's token": f"GET /api/stats/?a=1&token={SECRET}&b=2",
    "a query's key": f"GET /socket.io/?EIO=4&API_KEY={SECRET}",
    "a link that works once": f"a request for /admin/first/{SECRET}/ was answered 503",
    "an invitation": f"a request for POST /admin/invite/{SECRET}/ failed",
    "a new password's link": f"a request for POST /admin/reset/{SECRET}/ failed",
}


@pytest.mark.parametrize("text", HIDES.values(), ids=HIDES)
def test_what_looks_like_a_secret_is_replaced(text: str) -> None:
    assert SECRET not in redact(text)
    assert HIDDEN in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "feed beast-pi.local-30005 is down: pi.local:30005: Connection refused",
        "a page from https://evil.example was refused: add its origin to CORS_ORIGINS",
        "closing slow client 192.0.2.1: 8192 packets, 4194304 bytes wait for it",
        "http://pi.local/data/aircraft.json: 404; ask admin@example.com",
        "key=value; sort_keys; art_of_it",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("skyspy.test", logging.ERROR, "x.py", 1, message, args, exc_info)  # type: ignore[arg-type]


def test_a_secret_is_replaced_on_standard_error_too_also_in_a_traceback() -> None:
    try:
        raise RuntimeError(f"bad key sk_live_{SECRET}")
    except RuntimeError as error:
        text = SanitizingFormatter(FORMAT).format(
            record("it failed for %s", f"rt_{SECRET}", exc_info=(type(error), error, error.__traceback__))
        )
    assert SECRET not in text
    assert "RuntimeError" in text and text.count(HIDDEN) == 2


def test_a_message_with_line_breaks_is_one_line_of_the_tail() -> None:
    tail = LogTail()
    tail.handle(record("a %s", "\n2026-01-01 00:00:00,000 INFO skyspy: admin ok\x1b[2J\u2028b"))
    assert len(tail.lines) == 1
    assert "\\n2026-01-01" in tail.lines[0] and "\x1b" not in tail.lines[0]


def test_the_tail_keeps_the_last_lines_and_no_more_of_a_line_than_it_may() -> None:
    tail = LogTail()
    for number in range(MAX_TAIL_LINES + 50):
        tail.handle(record("line %d %s", number, "x" * 10_000))
    assert len(tail.lines) == MAX_TAIL_LINES
    assert "line 50 " in tail.lines[0] and f"line {MAX_TAIL_LINES + 49} " in tail.lines[-1]
    assert max(map(len, tail.lines)) == MAX_LINE_CHARACTERS


def test_a_traceback_fills_lines_of_the_tail_and_not_one() -> None:
    tail = LogTail()
    try:
        raise RuntimeError("a bug")
    except RuntimeError as error:
        tail.handle(record("it failed", exc_info=(type(error), error, error.__traceback__)))
    assert len(tail.lines) >= 4
    assert tail.lines[-1] == "    RuntimeError: a bug"


def test_configured_twice_the_log_has_one_tail() -> None:
    first = configure("INFO")
    assert configure("DEBUG") is first
    logging.getLogger("skyspy.test").debug("seen at the new level")
    assert "DEBUG skyspy.test: seen at the new level" in first.lines[-1]
    configure("INFO")
