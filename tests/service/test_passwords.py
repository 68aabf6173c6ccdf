"""Claims about passwords: their stored form, their cost, and that the hub goes on meanwhile."""

from __future__ import annotations

import textwrap
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from skyspy.auth.passwords import PasswordCheck, PasswordError, Passwords
from tests.support.databases import python

QUICK = Passwords(memory_kib=8, passes=1)
GOOD = "correct horse battery staple"


def test_the_kept_hash_is_argon2id_at_the_recommended_cost() -> None:
    kept = Passwords().hash(GOOD, 8)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Passwords().check(kept, GOOD) == PasswordCheck(True)


def test_two_hashes_of_one_password_differ() -> None:
    assert QUICK.hash(GOOD, 8) != QUICK.hash(GOOD, 8)


@given(st.text(min_size=1, max_size=100), st.text(max_size=100))
@settings(max_examples=50, deadline=None)
def test_only_the_same_password_is_right(password: str, other: str) -> None:
    kept = QUICK.hash("x1" + password, 1)
    assert QUICK.check(kept, "x1" + password).matches
    assert not QUICK.check(kept, "x2" + other).matches


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$broken", "$2b$12$bcrypt"])
def test_nothing_matches_where_there_is_no_hash(kept: str | None) -> None:
    assert not QUICK.check(kept, GOOD).matches


@pytest.mark.parametrize("password", [None, 7, ["x"], {"a": 1}, True, b"bytes", "\ud800" * 10, "x" * 1025, "é" * 600])
def test_any_other_value_is_a_wrong_password_without_an_exception(password: object) -> None:
    assert not QUICK.check(QUICK.hash(GOOD, 8), password).matches


def test_s09_a_megabyte_is_refused_without_being_hashed() -> None:
    passwords, hasher = counting()
    assert not passwords.check(None, "x" * 1_000_000).matches
    with pytest.raises(PasswordError, match="at most"):
        passwords.hash("xy" * 500_000, 8)
    assert hasher.counted == 0


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 10"),
        ("x" * 1025, "at most"),
        ("aaaaaaaaaaaa", "one letter"),
        ("Anna.Pilot", "user's name"),
        ("\ud800" * 12, "at most"),
    ],
)
def test_a_weak_password_is_refused_and_not_in_the_message(password: str, says: str) -> None:
    with pytest.raises(PasswordError, match=says) as caught:
        QUICK.hash(password, 10, "anna.pilot")
    assert password not in str(caught.value)


def test_a_long_passphrase_with_blanks_and_accents_works() -> None:
    phrase = "  Größe zählt nicht, aber 64 Zeichen gehen natürlich auch hier ☺ "
    assert QUICK.check(QUICK.hash(phrase, 10), phrase).matches


def test_one_text_typed_in_two_forms_is_one_password() -> None:
    assert QUICK.check(QUICK.hash("Café-au-lait", 8), "Cafe\u0301-au-lait").matches


def test_a_hash_of_lower_cost_is_replaced_at_the_next_sign_in() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    strong = Passwords(memory_kib=16, passes=1)
    checked = strong.check(old, GOOD)
    assert checked.matches and checked.new_hash is not None
    assert strong.check(checked.new_hash, GOOD) == PasswordCheck(True)
    assert strong.check(old, "wrong password") == PasswordCheck(False)
    assert checked.new_hash not in repr(checked)


class CountingHasher(PasswordHasher):
    """Counts hashes, made to store or to compare."""

    counted = 0

    def hash(self, *arguments: Any, **more: Any) -> str:
        self.counted += 1
        return super().hash(*arguments, **more)

    def verify(self, *arguments: Any) -> Literal[True]:
        self.counted += 1
        return super().verify(*arguments)


def counting() -> tuple[Passwords, CountingHasher]:
    """Passwords at the default cost, and their counting hasher."""
    hasher = CountingHasher.from_parameters(extract_parameters(Passwords().hash(GOOD, 8)))
    return Passwords(hasher=hasher), hasher


def test_s11_an_unknown_user_costs_what_a_wrong_password_costs() -> None:
    passwords, hasher = counting()
    kept = passwords.hash(GOOD, 8)
    hasher.counted = 0
    costs = []
    for stored in (kept, None, kept, None):
        assert not passwords.check(stored, "wrong password").matches
        costs.append(hasher.counted)
    # The first check of a process also makes the hash that unknown users are checked against.
    assert costs == [2, 3, 4, 5]
    # That hash costs what the users' own do.
    assert extract_parameters(passwords._no_match) == extract_parameters(kept)


@pytest.mark.parametrize("known", [True, False])
def test_s11_the_first_check_of_a_process_costs_the_same_for_known_and_unknown(known: bool) -> None:
    passwords, hasher = counting()
    kept = passwords.hash(GOOD, 8) if known else None
    hasher.counted = 0
    passwords.check(kept, "wrong password")
    assert hasher.counted == 2


def test_creating_passwords_costs_no_hash() -> None:
    assert counting()[1].counted == 0


def test_the_hub_goes_on_while_passwords_are_hashed_and_too_many_are_refused() -> None:
    done = python(
        textwrap.dedent("""
            from gevent import monkey
            monkey.patch_all()
            import os, threading, gevent
            from skyspy.auth.passwords import Passwords, PasswordsBusy

            class Held:
                "Ends a hash only when the hub says so: were it run on the hub, none would end."
                threads, (gate, go) = set(), os.pipe()

                def hash(self, password):
                    return "a hash"

                def verify(self, stored, encoded):
                    self.threads.add(threading.get_native_id())
                    return os.read(self.gate, 1) == b"x"

            hasher = Held()
            passwords = Passwords(hasher=hasher)

            def check():
                try:
                    return str(passwords.check(None, "a wrong password").matches)
                except PasswordsBusy:
                    return "busy"

            jobs = [gevent.spawn(check) for _ in range(100)]
            gevent.joinall(jobs, count=36)
            os.write(hasher.go, b"x" * 64)
            gevent.joinall(jobs, raise_error=True)
            said = [job.value for job in jobs]
            print(said.count("False"), said.count("busy"), threading.get_native_id() in hasher.threads, len(hasher.threads) <= 2)
        """)
    )
    assert done.stdout == "64 36 False True\n", done.stderr + done.stdout
    assert done.stderr == ""
