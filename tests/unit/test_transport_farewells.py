"""Claims about what is kept for a polling client whose session has ended."""

from __future__ import annotations

from skyspy.transport.farewells import FAREWELL_SECONDS, MAX_FAREWELLS, Farewells


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_given_once_and_in_time() -> None:
    time = Time()
    farewells = Farewells(time)
    for sid in ("a", "b", "c"):
        farewells.keep(sid, sid.encode())
    assert (farewells.take("a"), farewells.take("a"), farewells.take("x")) == (b"a", None, None)
    time.now += FAREWELL_SECONDS - 0.1
    assert farewells.take("b") == b"b"
    time.now += 0.2
    assert farewells.take("c") is None


def test_there_are_never_more_than_the_bound_and_the_oldest_go_first() -> None:
    farewells = Farewells(Time())
    for number in range(MAX_FAREWELLS + 5):
        farewells.keep(str(number), b"x")
    kept = [number for number in range(MAX_FAREWELLS + 5) if farewells.take(str(number)) is not None]
    assert kept == list(range(5, MAX_FAREWELLS + 5))
