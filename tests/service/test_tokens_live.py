"""Claims about reauthorization, counting invalid tokens, removing expired rows, and secrecy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skyspy.auth.apikeys import new_key_text
from skyspy.auth.principal import ANONYMOUS, MESSAGES, Principal, PrincipalRef, TokenError
from skyspy.auth.tokens import InvalidCredentials
from skyspy.auth.upkeep import remove_expired
from skyspy.store import Store, audit, families, keys, users
from tests.support.databases import change, create_key
from tests.support.tokens import BOSS, PASSWORD, SECRET, Desk, parts

# Counting invalid tokens


def test_an_address_with_too_many_invalid_tokens_must_wait_and_valid_ones_pass(one: Desk) -> None:
    one.settings.change({"TOKEN_ATTEMPTS_PER_ADDRESS": 3}, BOSS)
    good = one.login().access
    codes = [one.code("bad", "192.0.2.1") for _ in range(5)]
    assert codes == ["token_invalid"] * 3 + ["rate_limited"] * 2
    with pytest.raises(TokenError) as caught:
        one.tokens.identify(new_key_text("live"), "192.0.2.1")
    assert (caught.value.message, caught.value.retry_after) == ("Rate limit exceeded", 300.0)
    assert one.tokens.identify(good, "192.0.2.1") is not None
    assert one.code("bad", "192.0.2.2") == "token_invalid"
    one.clock.pass_by(300)
    assert one.code("bad", "192.0.2.1") == "token_invalid"


def test_refused_tokens_are_written_to_the_log_in_batches(one: Desk) -> None:
    for _ in range(7):
        one.code("bad", "192.0.2.1")
    one.code("bad", "192.0.2.2")
    assert one.store.read(audit.page, action="token.refused") == []
    one.tokens.flush()
    rows = {row.address: (row.object, row.after) for row in one.store.read(audit.page, action="token.refused")}
    assert rows == {"192.0.2.1": ("token_invalid", {"times": 7}), "192.0.2.2": ("token_invalid", {"times": 1})}
    one.tokens.flush()
    assert len(one.store.read(audit.page, action="token.refused")) == 2


def test_a_flood_of_addresses_does_not_grow_the_batch(one: Desk) -> None:
    for number in range(3000):
        one.code("bad", f"2001:db8:{number:x}::1")
    one.tokens.flush()
    rows = one.store.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM audit WHERE action = 'token.refused'").scalar_one())
    assert rows <= 1001


# Reauthorization


def test_all_references_are_reauthorized_in_one_call(desk: Desk) -> None:
    ben, carl = desk.user("ben"), desk.user("carl")
    ben_jwt, carl_jwt = desk.login("ben").user, desk.login("carl").user
    key = create_key(desk, ben.id, "live", "k", BOSS)
    revoked = create_key(desk, carl.id, "test", "r", BOSS)
    principals = [desk.tokens.identify(made.text) for made in (key, revoked)]
    assert all(principals)
    refs = [ANONYMOUS.ref, ben_jwt.ref, carl_jwt.ref, *(p.ref for p in principals if p)]
    assert {ref: type(answer) for ref, answer in desk.tokens.reauthorize(refs).items()} == dict.fromkeys(refs, Principal)

    change(desk, keys.revoke, revoked.key.id, BOSS)
    change(desk, users.set_role, ben.id, "viewer", BOSS)
    change(desk, users.set_disabled, carl.id, True, BOSS)
    judged = desk.tokens.reauthorize(refs)
    answers = [answer.code if isinstance(answer, TokenError) else answer.role for answer in (judged[ref] for ref in refs)]
    assert answers == ["", "viewer", "token_revoked", "viewer", "token_revoked"]
    again = judged[ben_jwt.ref]
    assert isinstance(again, Principal)
    assert again == replace(ben_jwt, role="viewer", permissions=again.permissions)
    assert again.ref == ben_jwt.ref


def test_the_reference_of_an_expired_token_is_expired(one: Desk) -> None:
    ref = one.login().user.ref
    one.clock.pass_by(3600)
    answer = one.tokens.reauthorize([ref])[ref]
    assert isinstance(answer, TokenError)
    assert (answer.code, answer.message) == ("token_expired", MESSAGES["token_expired"])


def test_a_reference_to_missing_rows_is_revoked(one: Desk) -> None:
    refs = [
        PrincipalRef("user", 1, None, "no such family", 9e9),
        PrincipalRef("key", 1, 999),
        PrincipalRef("user", 1),
        PrincipalRef("robot", 1),
    ]
    answers = one.tokens.reauthorize(refs)
    assert {answer.code for answer in answers.values() if isinstance(answer, TokenError)} == {"token_revoked"}
    assert len(answers) == 4
    assert one.tokens.reauthorize([]) == {}


class CountingStore(Store):
    """Counts how often sign-ins are looked up."""

    asked = 0

    def read(self, fn: Any, /, *args: Any, **more: Any) -> Any:
        self.asked += fn is families.by_ids
        return super().read(fn, *args, **more)


def test_thousands_of_references_are_reauthorized_with_one_query(one: Desk) -> None:
    store = CountingStore(f"sqlite:///{one.store.where}")
    tokens = parts(store, one.settings, SECRET, one.clock).tokens
    refs = [PrincipalRef("user", 1, None, f"family{number}", 9e9) for number in range(5000)]
    assert len(tokens.reauthorize(refs)) == 5000
    assert store.asked == 1
    store.close()


# Expired rows and secrecy


def test_tidying_removes_expired_rows(one: Desk) -> None:
    one.login()
    with pytest.raises(InvalidCredentials):
        one.login(password="wrong")
    one.clock.pass_by(400 * 86400)
    remove_expired(one.store, one.settings, one.parts.sign_in, one.clock)
    counts = one.store.read(
        lambda c: [
            c.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar_one()
            for t in ("families", "refresh_tokens", "attempts", "audit")
        ]
    )
    assert counts == [0, 0, 0, 0]


def test_no_secret_is_in_a_repr_an_error_the_log_or_the_file(one: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    grant = one.login()
    key = create_key(one, 1, "live", "k", BOSS)
    second = one.tokens.refresh(grant.refresh)
    one.tokens.identify(key.text, "192.0.2.1")
    spoken = [repr(grant), repr(second), repr(key), repr(one.tokens), repr(one.secret)]
    for job in (
        lambda: one.tokens.refresh(grant.refresh),
        lambda: one.login(password="wrong-" + PASSWORD),
        lambda: one.tokens.identify(second.access),
    ):
        with pytest.raises((TokenError, InvalidCredentials)) as caught:
            job()
        spoken.append(repr(caught.value) + str(caught.value))
    one.tokens.flush()
    one.store.close()
    spoken += [caplog.text, *(path.read_bytes().decode("latin-1") for path in tmp_path.glob("test.db*"))]
    secrets = [PASSWORD, SECRET, grant.access, grant.refresh, second.access, second.refresh, key.text, key.text[12:40]]
    assert not [secret for secret in secrets for text in spoken if secret in text]


def test_every_code_has_a_message() -> None:
    assert TokenError("token_expired").message == "Invalid token: expired"
    assert str(TokenError("token_invalid")) == "Invalid token"
