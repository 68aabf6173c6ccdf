"""Claims about throttles: limits on sign-in attempts, and that attackers cannot lock users out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from skyspy.auth.secret import Secret
from skyspy.auth.throttle import FIRST_WAIT_S, LoginThrottle, Throttled, TokenThrottle
from skyspy.store import Store, attempts, turns
from skyspy.store.attempts import Bucket
from skyspy.store.schema import ATTEMPTS
from skyspy.store.settings import Settings
from tests.conftest import StillClock

LIMITS = Settings(LOGIN_ATTEMPTS_PER_ACCOUNT=3, LOGIN_ATTEMPTS_PER_ADDRESS=5, LOGIN_ATTEMPTS_TOTAL=12, LOGIN_WINDOW_SECONDS=300)


def throttle_of(store: Store, clock: StillClock) -> LoginThrottle:
    return LoginThrottle(store, Secret("k" * 40), clock)


@pytest.fixture
def throttle(store: Store, clock: StillClock) -> LoginThrottle:
    return throttle_of(store, clock)


def rows(store: Store) -> int:
    return store.read(lambda c: c.execute(select(func.count()).select_from(ATTEMPTS)).scalar_one())


def refused(throttle: LoginThrottle, name: str, address: str, settings: Settings = LIMITS, device: str = "") -> Throttled:
    with pytest.raises(Throttled) as caught:
        throttle.begin(name, address, settings, device)
    return caught.value


def fail(throttle: LoginThrottle, name: str, address: str, times: int) -> None:
    for _ in range(times):
        throttle.begin(name, address, LIMITS)


def test_an_account_is_limited_across_addresses_and_however_its_name_is_written(throttle: LoginThrottle) -> None:
    for name, address in (("anna", "192.0.2.1"), ("ANNA", "192.0.2.2"), ("ａnna", "192.0.2.3")):
        fail(throttle, name, address, 1)
    assert refused(throttle, "Anna", "192.0.2.4").first_limit == "account"
    fail(throttle, "ben", "192.0.2.4", 1)


def test_an_address_is_limited_across_accounts(throttle: LoginThrottle) -> None:
    for name in "abcde":
        fail(throttle, name, "192.0.2.1", 1)
    assert refused(throttle, "f", "192.0.2.1").first_limit == "address"
    fail(throttle, "f", "192.0.2.2", 1)


def test_loopback_is_limited_like_any_other_address(throttle: LoginThrottle) -> None:
    for name in "abcde":
        fail(throttle, name, "127.0.0.1", 1)
    refused(throttle, "f", "127.0.0.1")


def test_all_addresses_of_an_ipv6_subscriber_count_as_one(throttle: LoginThrottle) -> None:
    for number, name in enumerate("abcde"):
        fail(throttle, name, f"2001:db8:0:1::{number + 1:x}", 1)
    refused(throttle, "f", "2001:db8:0:1:ffff::9")
    fail(throttle, "f", "2001:db8:0:2::1", 1)
    fail(throttle, "g", "::ffff:192.0.2.1", 1)


def test_the_total_of_all_addresses_is_limited_too(throttle: LoginThrottle) -> None:
    for number in range(12):
        fail(throttle, f"u{number}", f"192.0.2.{number}", 1)
    assert refused(throttle, "u99", "192.0.2.99").first_limit == "everybody"


def test_an_attempt_refused_for_its_address_counts_against_no_other_limit(throttle: LoginThrottle) -> None:
    for name in "abcde":
        fail(throttle, name, "192.0.2.1", 1)
    for _ in range(20):
        refused(throttle, "anna", "192.0.2.1")
    fail(throttle, "anna", "192.0.2.2", 3)


def test_after_the_window_attempts_are_allowed_again_and_the_wait_is_reported(throttle: LoginThrottle, clock: StillClock) -> None:
    for name in "abcde":
        fail(throttle, name, "192.0.2.1", 1)
    clock.pass_by(100)
    assert refused(throttle, "anna", "192.0.2.1").retry_after == 200
    clock.pass_by(199)
    assert refused(throttle, "anna", "192.0.2.1").retry_after == 1
    clock.pass_by(1)
    fail(throttle, "anna", "192.0.2.1", 3)
    clock.pass_by(299)
    assert refused(throttle, "anna", "192.0.2.2").retry_after == 1, "no longer than the limit itself"


def test_refused_attempts_do_not_make_the_wait_longer(throttle: LoginThrottle, clock: StillClock) -> None:
    fail(throttle, "anna", "192.0.2.1", 3)
    for number in range(9):
        clock.pass_by(10)
        refused(throttle, "anna", f"192.0.2.{number + 10}")
    clock.pass_by(210)
    fail(throttle, "anna", "192.0.2.2", 1)


def test_the_first_refusal_of_a_limit_is_marked_once_per_window(throttle: LoginThrottle, clock: StillClock) -> None:
    fail(throttle, "anna", "192.0.2.1", 3)
    said = [refused(throttle, "anna", "192.0.2.1").first_limit for _ in range(2)]
    said += [refused(throttle, "anna", "192.0.2.1").first_limit for _ in range(5)]
    assert [word for word in said if word] == ["account", "address"]
    clock.pass_by(360)
    fail(throttle, "anna", "192.0.2.1", 3)
    assert refused(throttle, "anna", "192.0.2.1").first_limit == "account"


def test_success_clears_the_account_and_gives_the_address_its_attempt_back(throttle: LoginThrottle) -> None:
    fail(throttle, "anna", "192.0.2.1", 2)
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))
    fail(throttle, "anna", "192.0.2.1", 3)
    assert refused(throttle, "other", "192.0.2.1").first_limit == "address"


def test_successful_sign_ins_are_never_throttled(throttle: LoginThrottle) -> None:
    for _ in range(30):
        throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))


def test_an_attacker_with_an_account_cannot_reset_the_count_of_the_address(throttle: LoginThrottle) -> None:
    for name in "abcd":
        fail(throttle, name, "192.0.2.1", 1)
        throttle.succeeded(throttle.begin("thief", "192.0.2.1", LIMITS))
    fail(throttle, "e", "192.0.2.1", 1)
    refused(throttle, "f", "192.0.2.1")


def test_failures_from_other_addresses_do_not_lock_a_user_out_of_a_known_address(
    throttle: LoginThrottle, clock: StillClock
) -> None:
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))
    for number in range(3):
        fail(throttle, "anna", f"203.0.113.{number}", 1)
    refused(throttle, "anna", "203.0.113.9")
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))
    # The known address has a limit of its own for the account, no free run.
    fail(throttle, "anna", "192.0.2.1", 3)
    assert refused(throttle, "anna", "192.0.2.1").first_limit == "account"
    clock.pass_by(31 * 86400)
    for number in range(3):
        fail(throttle, "anna", f"203.0.113.{number}", 1)
    refused(throttle, "anna", "192.0.2.1")


def test_a_full_total_does_not_lock_out_known_addresses(throttle: LoginThrottle) -> None:
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))
    for number in range(12):
        fail(throttle, f"u{number}", f"203.0.113.{number}", 1)
    assert refused(throttle, "ben", "192.0.2.2").first_limit == "everybody"
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))


def test_counts_are_shared_by_processes_on_one_database(store: Store, clock: StillClock) -> None:
    first, second = throttle_of(store, clock), throttle_of(store, clock)
    fail(first, "anna", "192.0.2.1", 2)
    fail(second, "anna", "192.0.2.2", 1)
    refused(first, "anna", "192.0.2.3")
    refused(second, "anna", "192.0.2.3")


def test_attempts_at_the_same_moment_never_exceed_the_limit(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.write(attempts.count_attempt, [Bucket("x", 10)], 300, 1000.0), range(40)))
    assert taken.count(None) == 10
    assert sum(full.first for full in taken if full is not None) == 1


def test_a_higher_limit_is_in_force_at_once(throttle: LoginThrottle) -> None:
    for name in "abcde":
        fail(throttle, name, "192.0.2.1", 1)
    refused(throttle, "f", "192.0.2.1")
    throttle.begin("f", "192.0.2.1", Settings(LOGIN_ATTEMPTS_PER_ADDRESS=50, LOGIN_ATTEMPTS_TOTAL=1000))


def test_a_clock_that_was_set_back_locks_no_user_out(throttle: LoginThrottle, clock: StillClock) -> None:
    fail(throttle, "anna", "192.0.2.1", 3)
    clock.wall_now -= 100_000
    fail(throttle, "anna", "192.0.2.1", 1)


def test_the_store_holds_no_name_as_it_was_typed(store: Store, clock: StillClock) -> None:
    fail(throttle_of(store, clock), "hunter2-typed-into-the-wrong-field", "192.0.2.1", 1)
    assert "hunter2" not in str(store.read(lambda c: [tuple(row) for row in c.execute(select(ATTEMPTS))]))


def test_counters_are_removed_after_their_window_and_known_addresses_later(store: Store, clock: StillClock) -> None:
    throttle = throttle_of(store, clock)
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))
    for number in range(5):
        fail(throttle, f"u{number}", "192.0.2.2", 1)
    clock.pass_by(301)
    throttle.prune(LIMITS)
    assert rows(store) == 1
    clock.pass_by(31 * 86400)
    throttle.prune(LIMITS)
    assert rows(store) == 0


def test_any_name_and_address_is_counted_without_an_exception(throttle: LoginThrottle) -> None:
    fail(throttle, "x" * 100_000, "not an address" * 100, 1)
    fail(throttle, "\ud800\x00", "", 1)


# Turns, and devices


def flood(throttle: LoginThrottle, name: str = "anna", net: str = "203.0.113") -> None:
    """Fill what strangers share: the account's limit, and the total."""
    for number in range(20):
        with suppress(Throttled):
            throttle.begin(name if number < 4 else f"{name}{number}", f"{net}.{number}", LIMITS)


def test_who_waits_gets_a_turn_while_strangers_go_on(throttle: LoginThrottle, clock: StillClock) -> None:
    flood(throttle)
    assert refused(throttle, "anna", "192.0.2.1").retry_after == FIRST_WAIT_S
    for step in range(1, 7):
        clock.pass_by(FIRST_WAIT_S / 6 - (step == 6))
        flood(throttle, net=f"203.0.{step}")
    assert refused(throttle, "anna", "192.0.2.1").retry_after == 1, "trying early does not move it"
    clock.pass_by(1)
    flood(throttle, net="198.51.100")
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))
    flood(throttle)
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))


def test_a_full_total_keeps_a_new_address_waiting_as_long_as_a_full_account(throttle: LoginThrottle, clock: StillClock) -> None:
    flood(throttle, "otto")
    assert refused(throttle, "anna", "192.0.2.1").limit == "everybody"
    clock.pass_by(FIRST_WAIT_S)
    flood(throttle, "otto", "198.51.100")
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS))


def test_each_turn_that_fails_is_followed_by_a_longer_wait_up_to_the_window(store: Store) -> None:
    waits, at, seen = turns.BackoffPolicy(60, 300), 1000.0, []
    for _ in range(6):
        seen.append(store.write(turns.take, "turn:x", waits, at))
        at += seen[-1]
        assert store.write(turns.take, "turn:x", waits, at) == 0.0
    assert seen == [60, 120, 240, 300, 300, 300]
    # Long unused, it begins anew; so it does where a clock was set back.
    assert store.write(turns.take, "turn:x", waits, at + 601) == 60
    assert store.write(turns.take, "turn:x", waits, at - 5000) == 60


def test_the_account_s_limit_is_not_widened_for_one_address_by_turns_of_many(throttle: LoginThrottle, clock: StillClock) -> None:
    flood(throttle)
    strangers = [f"198.51.100.{number}" for number in range(20)]
    for address in strangers:
        refused(throttle, "anna", address)
    clock.pass_by(FIRST_WAIT_S)
    admitted = 0
    for address in strangers * 3:
        with suppress(Throttled):
            throttle.begin("anna", address, LIMITS)
            admitted += 1
    assert admitted == LIMITS.LOGIN_ATTEMPTS_TOTAL, "one each, and not more in all than the total"


def test_a_turn_is_taken_once_by_processes_at_the_same_moment(store: Store) -> None:
    waits = turns.BackoffPolicy(60, 300)
    assert store.write(turns.take, "turn:x", waits, 1000.0) == 60
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.write(turns.take, "turn:x", waits, 1060.0), range(20)))
    assert sorted(taken) == [0.0, *[120.0] * 19]


def test_a_known_device_signs_in_from_anywhere_while_strangers_flood(throttle: LoginThrottle, clock: StillClock) -> None:
    throttle.succeeded(throttle.begin("anna", "192.0.2.1", LIMITS, "d" * 32))
    flood(throttle)
    refused(throttle, "anna", "192.0.2.7")
    for _ in range(4):
        throttle.succeeded(throttle.begin("anna", "192.0.2.7", LIMITS, "d" * 32))
    # Behind the same address as somebody who fills that address's limit, too.
    for name in "abcdefg":
        with suppress(Throttled):
            throttle.begin(name, "192.0.2.8", LIMITS)
    throttle.succeeded(throttle.begin("anna", "192.0.2.8", LIMITS, "d" * 32))
    # It has a count of its own, and is known for that account alone, for a while.
    for _ in range(3):
        throttle.begin("anna", "192.0.2.9", LIMITS, "d" * 32)
    assert refused(throttle, "anna", "192.0.2.9", device="d" * 32).limit == "account"
    refused(throttle, "otto", "192.0.2.8", device="d" * 32)
    refused(throttle, "anna", "192.0.2.10", device="e" * 32)
    clock.pass_by(31 * 86400)
    flood(throttle)
    refused(throttle, "anna", "192.0.2.9", device="d" * 32)


def test_an_attempt_without_hope_counts_against_its_address_alone(throttle: LoginThrottle) -> None:
    for number in range(40):
        throttle.begin_hopeless(f"203.0.113.{number}", LIMITS)
    fail(throttle, "anna", "192.0.2.1", 3)
    for _ in range(5):
        throttle.begin_hopeless("203.0.113.99", LIMITS)
    with pytest.raises(Throttled):
        throttle.begin_hopeless("203.0.113.99", LIMITS)


# Bad tokens


def test_bad_tokens_are_counted_per_address_and_window() -> None:
    throttle, limits = TokenThrottle(), Settings(TOKEN_ATTEMPTS_PER_ADDRESS=2, LOGIN_WINDOW_SECONDS=300)
    assert [throttle.count_bad("192.0.2.1", limits, 10.0) for _ in range(3)] == [None, None, 300.0]
    assert throttle.count_bad("192.0.2.2", limits, 10.0) is None
    assert throttle.count_bad("192.0.2.1", limits, 210.0) == 100.0
    assert throttle.count_bad("192.0.2.1", limits, 310.0) is None


def test_the_count_of_bad_tokens_stays_small_under_a_flood_of_addresses() -> None:
    throttle, limits = TokenThrottle(), Settings()
    for number in range(30_000):
        throttle.count_bad(f"2001:db8:{number:x}::1", limits, 1.0)
    assert len(throttle._windows) <= 10_000
