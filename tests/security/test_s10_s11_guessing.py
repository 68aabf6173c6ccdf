"""S10 and S11: password guessing is limited per account, per address and in all, across processes, and the answer to a
guess does not reveal which users exist."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from skyspy.store import audit, users
from tests.security.asking import Answer, Browser, ask
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server, eventually

TOKEN = "/api/auth/token/"
ROOMY = {
    "LOGIN_ATTEMPTS_PER_ACCOUNT": 1000,
    "LOGIN_ATTEMPTS_PER_ADDRESS": 10_000,
    "LOGIN_ATTEMPTS_TOTAL": 1_000_000,
    "LOGIN_WINDOW_SECONDS": 300,
}


@pytest.fixture(autouse=True)
def roomy(boss: Operator) -> Iterator[None]:
    """Generous limits, which single tests lower."""
    boss.choose(**ROOMY)
    yield
    boss.choose(**ROOMY)


def sign_in(server: Server, name: str, password: str = "wrong password", source: str = "127.0.0.1") -> Answer:
    return ask(server, TOKEN, send={"username": name, "password": password}, source=source)


def waits(answer: Answer) -> bool:
    """Whether the answer is a refusal that says how long to wait."""
    return answer.status == 429 and int(answer.header("Retry-After") or 0) > 0


def failures(boss: Operator) -> int:
    """How many wrong passwords were checked: each wrote one row."""
    return len(boss.store.read(audit.page, 1000, action="login.failed"))


def test_s10_an_accounts_tries_are_counted_at_both_processes_together(pair: tuple[Server, Server], boss: Operator) -> None:
    boss.user("anna")
    boss.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=6)
    statuses = [sign_in(pair[number % 2], "anna", source=f"127.3.0.{number + 1}").status for number in range(6)]
    assert statuses == [401] * 6
    for number, server in enumerate(pair):
        assert waits(sign_in(server, "ANNA", source=f"127.3.1.{number + 1}")), (
            "whichever process is asked, and however it is written"
        )
        assert waits(sign_in(server, "anna", PASSWORD, source=f"127.3.2.{number + 1}")), "a right guess is not let in either"
        assert sign_in(server, "otto", source=f"127.3.3.{number + 1}").status == 401, "others are not held up"


def test_s10_an_addresss_tries_are_counted_whatever_it_names(pair: tuple[Server, Server], boss: Operator) -> None:
    boss.user("berta")
    boss.choose(LOGIN_ATTEMPTS_PER_ADDRESS=8)
    statuses = [sign_in(pair[number % 2], f"guess{number}", source="127.3.4.1").status for number in range(8)]
    assert statuses == [401] * 8
    for server in pair:
        assert waits(sign_in(server, "berta", PASSWORD, source="127.3.4.1"))
        browser = Browser(server, "127.3.4.1")
        answer = browser.sign_in("berta")
        assert waits(answer), "the panel counts with the API"
        assert "Too many tries. Try again in" in answer.text
        assert sign_in(server, "berta", PASSWORD, source="127.3.4.2").status == 200


def test_s10_strangers_cannot_lock_out_who_signed_in_from_his_address_before(pair: tuple[Server, Server], boss: Operator) -> None:
    boss.user("clara")
    assert sign_in(pair[0], "clara", PASSWORD, source="127.3.5.1").status == 200
    boss.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=5)
    for number in range(12):
        last = sign_in(pair[number % 2], "clara", source=f"127.3.5.{number + 10}")
    assert waits(last)
    assert waits(sign_in(pair[1], "clara", PASSWORD, source="127.3.5.2"))
    for server in pair:
        assert sign_in(server, "clara", PASSWORD, source="127.3.5.1").status == 200
    # The user's own address has a separate count, which does not permit more guesses.
    answers = [sign_in(pair[number % 2], "clara", source="127.3.5.1") for number in range(8)]
    assert [answer.status for answer in answers] == [401] * 5 + [429] * 3


def test_s10_of_a_thousand_wrong_passwords_few_are_looked_at_and_the_server_answers_meanwhile(
    pair: tuple[Server, Server], boss: Operator
) -> None:
    boss.user("doris")
    boss.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=20, LOGIN_ATTEMPTS_PER_ADDRESS=20)
    before, got, alive = failures(boss), [], []
    stop = threading.Event()

    def guess(thread: int) -> None:
        for number in range(250):
            got.append(sign_in(pair[number % 2], "doris", f"guess {number}", f"127.3.6.{thread * 50 + number % 50 + 1}"))

    def watch() -> None:
        while not stop.wait(0.05):
            alive.extend(ask(server, "/healthz").status for server in pair)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(4)]
    watcher = threading.Thread(target=watch)
    for thread in (*threads, watcher):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    watcher.join()
    assert Counter(answer.status for answer in got) == {401: 20, 429: 980}
    assert all(waits(answer) for answer in got if answer.status == 429)
    assert failures(boss) - before == 20, "counted before anything costly is done"
    assert set(alive) == {200}
    assert len(boss.store.read(audit.page, 1000, action="login.throttled")) < 50, "the log does not grow with the attack"


def test_s10_passwords_that_cost_no_hash_keep_nobody_out(pair: tuple[Server, Server], boss: Operator) -> None:
    boss.user("emma")
    boss.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=5, LOGIN_ATTEMPTS_PER_ADDRESS=20, LOGIN_ATTEMPTS_TOTAL=50)
    for number in range(120):
        sign_in(pair[number % 2], ("emma", f"nobody{number}")[number % 2], "x" * 2000, f"127.4.1.{number // 4 + 1}")
    assert sign_in(pair[0], "emma", PASSWORD, source="127.4.2.1").status == 200


def test_s10_an_administrator_gets_in_from_a_new_address_while_strangers_flood(
    pair: tuple[Server, Server], boss: Operator
) -> None:
    boss.user("frida")
    limits = {"LOGIN_ATTEMPTS_PER_ADDRESS": 1000, "LOGIN_ATTEMPTS_TOTAL": 1000, "LOGIN_WINDOW_SECONDS": 30}
    boss.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=5, **limits)
    stop, sent = threading.Event(), []

    def flood(server: Server, net: int) -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            sent.append(sign_in(server, "frida", source=f"127.4.{net}.{number % 40 + 1}").status)

    strangers = [threading.Thread(target=flood, args=(server, 3 + number)) for number, server in enumerate(pair)]
    for stranger in strangers:
        stranger.start()
    try:
        assert eventually(lambda: sent.count(429) > 50)
        browser = Browser(pair[0], "127.4.9.1")
        waited = browser.sign_in("frida")
        assert waits(waited)
        # A fifth of the time over which tries are counted: 60 s by default.
        assert int(waited.header("Retry-After") or 0) <= 6
        time.sleep(int(waited.header("Retry-After") or 0) + 0.2)
        assert browser.sign_in("frida").status == 303
        # From then on the device is known, wherever it is, and needs no wait.
        browser.post("/admin/sign-out/")
        for number, server in enumerate(pair):
            browser.server, browser.source = server, f"127.4.9.{number + 2}"
            assert browser.sign_in("frida").status == 303
            browser.post("/admin/sign-out/")
        assert eventually(lambda: sent[-5:] == [429] * 5)
        assert waits(Browser(pair[0], "127.4.9.9").sign_in("frida")), "another device waits"
    finally:
        stop.set()
        for stranger in strangers:
            stranger.join()


KINDS = ("unknown", "wrong", "disabled", "without a password", "no text at all")


@pytest.fixture(scope="module")
def people(boss: Operator) -> None:
    """One user of every kind, with names of one length."""
    boss.user("known1")
    change(boss, users.set_disabled, boss.user("resting"), True, OPERATOR)
    change(boss, users.create, "invited", "viewer", None, OPERATOR)


def guessed(kind: str) -> tuple[str, str]:
    return {
        "unknown": ("nobody1", "wrong password"),
        "wrong": ("known1", "wrong password"),
        "disabled": ("resting", PASSWORD),
        "without a password": ("invited", "wrong password"),
        "no text at all": ("\u0000", "wrong password"),
    }[kind]


def looks(answer: Answer, name: str) -> tuple[object, ...]:
    """What distinguishes answers, without the typed name and random values."""
    body = re.sub(r'(?:value|content)="[A-Za-z0-9_.-]{60,}"', "TOKEN", answer.text).replace(f'value="{name}"', "NAME")
    hidden = {"date", "set-cookie", "content-length"}
    headers = sorted((key.lower(), value) for key, value in answer.headers if key.lower() not in hidden)
    cookies = sorted(re.sub("=[^;]*", "", cookie, count=1) for cookie in answer.every("Set-Cookie"))
    return answer.status, body, headers, cookies


def test_s11_unknown_wrong_and_disabled_are_answered_alike_by_the_api(pair: tuple[Server, Server], people: None) -> None:
    seen = {kind: looks(sign_in(pair[0], *guessed(kind), source=f"127.3.7.{n + 1}"), "-") for n, kind in enumerate(KINDS)}
    assert seen["unknown"][0] == 401
    assert all(answer == seen["unknown"] for answer in seen.values()), seen


def test_s11_unknown_wrong_and_disabled_are_answered_alike_by_the_panel(pair: tuple[Server, Server], people: None) -> None:
    seen = {}
    for number, kind in enumerate(KINDS[:-1]):
        name, password = guessed(kind)
        seen[kind] = looks(Browser(pair[0], f"127.3.8.{number + 1}").sign_in(name, password), name)
    assert seen["unknown"][0] == 401
    assert "The name or the password is wrong" in str(seen["unknown"][1])
    assert all(answer == seen["unknown"] for answer in seen.values()), seen


def test_s11_who_is_throttled_is_told_the_same_whether_he_exists_or_not(
    pair: tuple[Server, Server], boss: Operator, people: None
) -> None:
    boss.choose(LOGIN_ATTEMPTS_PER_ACCOUNT=3)
    seen = []
    for number, kind in enumerate(("unknown", "wrong", "disabled")):
        name, _ = guessed(kind)
        name = f"x{name}" if kind == "unknown" else name
        answers = [sign_in(pair[0], name, source=f"127.3.9.{number * 20 + count + 1}") for count in range(12)]
        assert answers[-1].status == 429
        first = next(index for index, answer in enumerate(answers) if answer.status == 429)
        headers = sorted(key.lower() for key, _ in answers[-1].headers)
        seen.append((re.sub(r"\d+", "N", answers[-1].text), headers, first <= 3))
    assert seen[0] == seen[1] == seen[2]
