"""New addresses of a live receiver: all that are real come through, and a flood of invented ones costs little."""

from __future__ import annotations

from skyspy.aircraft import Observation
from skyspy.decode import Context
from skyspy.decode.beast import Beast
from skyspy.decode.modes import ModeS
from skyspy.decode.newcomers import BURST, MAX_WAITING, MEMORY_S, PER_SECOND, Newcomers
from skyspy.tracker import Limits, Tracker
from tests.support.mode_s import all_call, beast, squitter

LIVE = Context((47.458, 8.548), is_live=True)
IDENTIFICATION = 0x20_2CC3_7C2C_0820
T0 = 1000.0


def address(number: int) -> str:
    return f"{0x400000 + number:06x}"


def test_ten_thousand_real_aircraft_that_appear_at_once_are_listed_within_their_next_messages() -> None:
    tracker, decoder = Tracker(Limits(), None, "e"), Beast(LIVE)
    for second in range(3):
        for number in range(10_000):
            now = T0 + second + number / 10_000
            for observation in decoder.feed(beast(squitter(address(number).upper(), IDENTIFICATION, 5, 17)), now):
                tracker.apply(observation, now)
    tracker.take_delta(T0 + 3)
    assert len(tracker) == 10_000
    assert decoder.counters.skipped < 10_000, "no more than the first message of each"


def test_of_a_flood_of_ever_new_addresses_a_bounded_number_is_believed() -> None:
    modes = ModeS(LIVE)
    heard: list[Observation] = []
    for number in range(40_000):
        heard += modes.frames([(all_call(address(number)), None)], T0 + number / 20_000)
    assert len(heard) <= BURST + 2 * PER_SECOND + 1
    assert modes.counters.skipped == 40_000 - len(heard)


def test_an_aircraft_is_heard_in_the_midst_of_a_flood() -> None:
    modes, plane = ModeS(LIVE), "4b1a2b"
    heard: list[str] = []
    for number in range(60_000):
        frame = all_call(plane if number % 20_000 == 19_999 else address(number))
        heard += [observation.hex for observation in modes.frames([(frame, None)], T0 + number / 40_000)]
    assert heard.count(plane.upper()) == 2, "all but its first message"


def test_a_recording_is_not_limited() -> None:
    modes = ModeS(Context())
    heard = [modes.frames([(all_call(address(number)), None)], T0) for number in range(3000)]
    assert all(heard)


def test_the_limit_recovers_and_its_memory_is_bounded_and_short() -> None:
    newcomers = Newcomers()
    first = [newcomers.admits(str(number), T0) for number in range(200_000)]
    assert sum(first) == BURST
    waiting = [each for name in ("_waiting", "_waiting_longer") for each in getattr(newcomers, name)]
    assert len(waiting) <= 2 * MAX_WAITING
    assert newcomers.admits("199999", T0)
    assert not newcomers.admits("2000", T0), "forgotten"
    assert [newcomers.admits(f"x{number}", T0 + 2) for number in range(200)].count(True) == 2 * PER_SECOND
    for at in (T0 + MEMORY_S + 2, T0 + 2 * MEMORY_S + 4):
        assert [newcomers.admits(f"{at}{number}", at) for number in range(2000)].count(
            True
        ) <= MEMORY_S * PER_SECOND + 2 * PER_SECOND
    assert not newcomers.admits("x199", T0 + 2 * MEMORY_S + 4)
