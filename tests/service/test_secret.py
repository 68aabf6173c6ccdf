"""Claims about changing the secret key: what was made with the former one works until its end, and is rekeyed as it is used."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import session
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from skyspy.auth.panel_sessions import Browser as From
from skyspy.auth.panel_sessions import PanelSessions
from skyspy.auth.principal import TokenError
from skyspy.auth.secret import Secret
from skyspy.auth.throttle import LoginThrottle, Throttled
from skyspy.auth.tokens import Tokens
from skyspy.config import FormerKey
from skyspy.store import Store, StoreError, keys, users
from skyspy.store.audit import Actor
from skyspy.store.keys import NewKey
from skyspy.store.schema import API_KEYS
from skyspy.store.settings import SettingsTable
from tests.conftest import StillClock
from tests.support.browser_client import AGENT
from tests.support.databases import change, migrated_url
from tests.support.tokens import PASSWORD, QUICK, parts
from tests.support.world import Panel

BOSS = Actor("user", "boss", "192.0.2.7")
OLD, NEW = "o" * 40, "n" * 40
WEEK = 7 * 86400.0


class Installation:
    """One database, and the tokens of a server before and after its key was changed."""

    def __init__(self, store: Store, url: str, clock: StillClock) -> None:
        self.url = url
        self.clock = clock
        self.store = store
        self.settings = SettingsTable(store, clock=clock)
        self.former = FormerKey(OLD, clock.wall() + WEEK)
        before = parts(store, self.settings, OLD, clock)
        self.before, self.keys_before = before.tokens, before.api_keys
        after = parts(store, self.settings, NEW, clock, former=self.former)
        self.after, self.secret_after = after.tokens, after.secret
        self.user = change(self, users.create, "ben", "operator", QUICK.hash(PASSWORD, 8), BOSS)

    def key_digest(self) -> str:
        """The digest of the one stored API key."""
        return self.store.read(lambda connection: connection.execute(select(API_KEYS.c.digest)).scalar_one())


@pytest.fixture
def here(kind: str, tmp_path: Path, clock: StillClock) -> Iterator[Installation]:
    with migrated_url(kind, tmp_path) as url:
        store = Store(url)
        yield Installation(store, url, clock)
        store.close()


def refused(tokens: Tokens, token: str) -> str:
    with pytest.raises(TokenError) as caught:
        tokens.identify(token, "192.0.2.1")
    return caught.value.code


def name_of(tokens: Tokens, token: str) -> str:
    found = tokens.identify(token, "192.0.2.1")
    assert found is not None
    return found.name


# The secret


def test_a_former_key_is_accepted_until_its_end_and_no_longer(clock: StillClock) -> None:
    secret = Secret(NEW, FormerKey(OLD, clock.wall() + 10), clock)
    assert [one.digest("x", "y") for one in secret.accepted] == [Secret(NEW).digest("x", "y"), Secret(OLD).digest("x", "y")]
    clock.pass_by(9.9)
    assert len(secret.accepted) == 2
    clock.pass_by(0.1)
    assert secret.accepted == (secret,)
    assert secret.former is None


def test_what_itsdangerous_signs_is_signed_with_the_current_key_only(clock: StillClock) -> None:
    secret = Secret(NEW, FormerKey(OLD, clock.wall() + 10), clock)
    assert URLSafeTimedSerializer(NEW, salt="s").loads(URLSafeTimedSerializer(secret, salt="s").dumps("x")) == "x"
    assert URLSafeTimedSerializer(secret, salt="s").loads(URLSafeTimedSerializer(OLD, salt="s").dumps("x")) == "x"


def test_no_key_is_shown(clock: StillClock) -> None:
    former = FormerKey(OLD, 1.0)
    secret = Secret(NEW, former, clock)
    for shown in (repr(secret), str(secret), repr(former), secret.id):
        assert OLD not in shown
        assert NEW not in shown
    assert secret.id != Secret(OLD).id
    assert secret.id == Secret(NEW).id


# Access tokens


def test_an_access_token_names_its_key_and_works_until_the_former_one_ends(here: Installation) -> None:
    here.settings.change({"JWT_ACCESS_SECONDS": 86400}, BOSS)
    here.clock.pass_by(WEEK - 3600)
    old, new = here.before.login("ben", PASSWORD, "c").access, here.after.login("ben", PASSWORD, "c").access
    assert [jwt.get_unverified_header(token)["kid"] for token in (old, new)] == [Secret(OLD).id, Secret(NEW).id]
    assert [name_of(here.after, token) for token in (old, new)] == ["ben", "ben"]
    here.clock.pass_by(3600)
    assert refused(here.after, old) == "token_invalid"
    assert name_of(here.after, new) == "ben"


def test_a_kid_chooses_between_our_keys_and_proves_nothing(here: Installation) -> None:
    token = here.before.login("ben", PASSWORD, "c").access
    claims = jwt.decode(token, options={"verify_signature": False})
    keys = {secret: Secret(secret).key("access token") for secret in (OLD, NEW)}
    good = jwt.encode(claims, keys[OLD], "HS256", {"kid": Secret(OLD).id})
    crossed = jwt.encode(claims, keys[OLD], "HS256", {"kid": Secret(NEW).id})
    silent = jwt.encode(claims, keys[OLD], "HS256")
    stranger = jwt.encode(claims, Secret("x" * 40).key("access token"), "HS256", {"kid": Secret("x" * 40).id})
    assert name_of(here.after, good) == "ben"
    assert [refused(here.after, token) for token in (crossed, silent, stranger)] == ["token_invalid"] * 3


def test_a_session_admitted_by_the_former_key_stays_after_the_end_of_that_key(here: Installation) -> None:
    here.settings.change({"JWT_ACCESS_SECONDS": 86400}, BOSS)
    here.clock.pass_by(WEEK - 60)
    found = here.after.identify(here.before.login("ben", PASSWORD, "c").access)
    assert found is not None
    here.clock.pass_by(3600)
    judged = here.after.reauthorize([found.ref])[found.ref]
    assert not isinstance(judged, TokenError)
    here.clock.pass_by(86400)
    ended = here.after.reauthorize([found.ref])[found.ref]
    assert isinstance(ended, TokenError)
    assert ended.code == "token_expired"


# Refresh tokens


def test_a_refresh_token_of_the_former_key_is_taken_once_and_gives_one_of_the_current(here: Installation) -> None:
    old = here.before.login("ben", PASSWORD, "c").refresh
    fresh = here.after.refresh(old)
    here.clock.pass_by(WEEK)
    assert here.after.refresh(fresh.refresh).user.name == "ben"


def test_a_refresh_token_used_twice_across_the_change_ends_its_family(here: Installation) -> None:
    old = here.before.login("ben", PASSWORD, "c").refresh
    fresh = here.after.refresh(old)
    for token, code in ((old, "token_revoked"), (fresh.refresh, "token_revoked")):
        with pytest.raises(TokenError) as caught:
            here.after.refresh(token)
        assert caught.value.code == code
    assert refused(here.after, fresh.access) == "token_revoked"


def test_after_the_end_a_refresh_token_of_the_former_key_is_unknown(here: Installation) -> None:
    here.clock.pass_by(WEEK - 60)
    old = here.before.login("ben", PASSWORD, "c").refresh
    here.clock.pass_by(60)
    with pytest.raises(TokenError) as caught:
        here.after.refresh(old)
    assert caught.value.code == "token_invalid"


def test_signing_out_ends_a_sign_in_of_the_former_key(here: Installation) -> None:
    first, second = here.before.login("ben", PASSWORD, "c"), here.before.login("ben", PASSWORD, "c")
    assert here.after.revoke(first.refresh)
    assert here.after.revoke(second.access)
    assert [refused(here.after, grant.access) for grant in (first, second)] == ["token_revoked"] * 2


# API keys


def test_an_api_key_used_in_time_is_rekeyed_and_stays_valid(here: Installation) -> None:
    made = change(here, here.keys_before.create, here.user.id, NewKey("live", "app"), BOSS)
    version = here.settings.fresh(0).version
    assert here.key_digest() == Secret(OLD).digest("api key", made.text)
    assert name_of(here.after, made.text) == "ben"
    assert here.key_digest() == Secret(NEW).digest("api key", made.text)
    assert here.settings.fresh(0).version == version, "no session needs to be reauthorized for that"
    here.clock.pass_by(WEEK)
    assert name_of(here.after, made.text) == "ben"


def test_an_api_key_not_used_in_time_ends(here: Installation) -> None:
    made = change(here, here.keys_before.create, here.user.id, NewKey("live", "app"), BOSS)
    here.clock.pass_by(WEEK)
    assert refused(here.after, made.text) == "token_invalid"
    assert here.key_digest() == Secret(OLD).digest("api key", made.text)


def test_a_key_is_written_once_however_often_it_is_used(here: Installation) -> None:
    class Counting(Store):
        looks = 0

        def read(self, fn: Any, /, *args: Any, **more: Any) -> Any:
            self.looks += fn is keys.by_digest
            return super().read(fn, *args, **more)

    store = Counting(here.url)
    tokens = parts(store, here.settings, NEW, here.clock, former=here.former).tokens
    made = change(here, here.keys_before.create, here.user.id, NewKey("live", "app"), BOSS)
    looks = []
    for _ in range(3):
        name_of(tokens, made.text)
        looks.append(store.looks)
    assert looks == [2, 3, 4]
    store.close()


def test_a_key_that_another_request_rekeys_meanwhile_is_found(here: Installation) -> None:
    class Overtaken(Store):
        looks = 0

        def read(self, fn: Any, /, *args: Any, **more: Any) -> Any:
            self.looks += fn is keys.by_digest
            if fn is keys.by_digest and self.looks == 2:
                name_of(here.after, made.text)
            return super().read(fn, *args, **more)

    made = change(here, here.keys_before.create, here.user.id, NewKey("live", "app"), BOSS)
    store = Overtaken(here.url)
    tokens = parts(store, here.settings, NEW, here.clock, former=here.former).tokens
    assert name_of(tokens, made.text) == "ben"
    store.close()


def test_a_revoked_key_of_the_former_stays_revoked_and_a_mistyped_one_asks_nothing(here: Installation) -> None:
    made = change(here, here.keys_before.create, here.user.id, NewKey("live", "app"), BOSS)
    change(here, keys.revoke, made.key.id, BOSS)
    assert refused(here.after, made.text) == "token_revoked"
    assert refused(here.after, made.text[:-1] + ("0" if made.text[-1] != "0" else "1")) == "token_invalid"


def test_a_key_works_where_it_cannot_be_rekeyed_yet(here: Installation) -> None:
    class ReadOnly(Store):
        def write(self, fn: Any, /, *args: Any, **more: Any) -> Any:
            raise StoreError("the disk is full")

    store = ReadOnly(here.url)
    tokens = parts(store, here.settings, NEW, here.clock, former=here.former).tokens
    made = change(here, here.keys_before.create, here.user.id, NewKey("live", "app"), BOSS)
    assert name_of(tokens, made.text) == "ben"
    store.close()
    assert name_of(here.after, made.text) == "ben"
    assert here.key_digest() == Secret(NEW).digest("api key", made.text)


# Sign-ins


def test_an_address_stays_known_over_the_change(here: Installation) -> None:
    here.settings.change({"LOGIN_ATTEMPTS_PER_ACCOUNT": 2}, BOSS)
    here.before.login("ben", PASSWORD, "192.0.2.1")
    throttle = LoginThrottle(here.store, here.secret_after, here.clock)
    for stranger in ("198.51.100.1", "198.51.100.2"):
        throttle.begin("ben", stranger, here.settings.current)
    with pytest.raises(Throttled):
        throttle.begin("ben", "198.51.100.3", here.settings.current)
    throttle.begin("ben", "192.0.2.1", here.settings.current)


# The panel


class Changed:
    """A panel before and after its key was changed, on one clock."""

    def __init__(self, folder: Path) -> None:
        self.before = Panel(folder, SKYSPY_SECRET_KEY=OLD)
        self.folder = folder
        self.user = self.before.account("ann")

    def after(self, overlap: str = "2027-01-25T00:00:00Z") -> Panel:
        """The same server started again with the new key; its clock stands at 2027-01-15T08:00Z."""
        self.before.skyspy.store.close()
        more = {"SKYSPY_SECRET_KEY_FORMER": OLD, "SKYSPY_SECRET_KEY_FORMER_UNTIL": overlap} if overlap else {}
        return Panel(self.folder, SKYSPY_SECRET_KEY=NEW, **more)


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    return Changed(tmp_path)


def test_a_browser_and_its_open_form_go_on_over_the_change(changed: Changed) -> None:
    old = changed.before.browser("ann")
    form = old.token
    panel = changed.after()
    browser = panel.browser()
    browser.take(old.cookies())
    assert browser.post("/admin/sign-out/", token="no token of ours").status_code == 400
    assert browser.is_in()
    assert browser.cookies() != old.cookies(), "the cookie is signed anew"
    assert browser.post("/admin/confirm/", {"next": "/admin/profile/"}, token=form).status_code == 303
    panel.skyspy.store.close()


def test_a_cookie_of_the_former_key_is_invalid_after_its_end(changed: Changed) -> None:
    old = changed.before.browser("ann")
    panel = changed.after("2027-01-15T08:10:00Z")
    used, unused = panel.browser(), panel.browser()
    used.take(old.cookies())
    assert used.is_in()
    panel.clock.pass_by(601)
    unused.take(old.cookies())
    assert used.is_in()
    assert not unused.is_in()
    panel.skyspy.store.close()


def test_the_log_states_the_end_of_the_former_key_and_when_it_can_be_removed(
    changed: Changed, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("skyspy").addHandler(caplog.handler)
    for overlap in ("2027-01-25T00:00:00Z", "2027-01-15T07:59:00Z"):
        changed.after(overlap).skyspy.store.close()
    logging.getLogger("skyspy").removeHandler(caplog.handler)
    assert "the former secret key is believed until 2027-01-25T00:00:00.000Z" in caplog.text
    assert "the former secret key ended 2027-01-15T07:59:00.000Z" in caplog.text
    assert OLD not in caplog.text


def test_without_a_former_key_every_browser_is_signed_out(changed: Changed) -> None:
    old = changed.before.browser("ann")
    panel = changed.after("")
    browser = panel.browser()
    browser.take(old.cookies())
    assert not browser.is_in()
    panel.skyspy.store.close()


def test_a_session_that_another_request_rekeys_meanwhile_is_found(changed: Changed) -> None:
    class Overtaken(Store):
        looks = 0

        def read(self, fn: Any, /, *args: Any, **more: Any) -> Any:
            self.looks += 1
            if self.looks == 2:
                assert browser.is_in()
            return super().read(fn, *args, **more)

    old = changed.before.browser("ann")
    panel = changed.after()
    browser = panel.browser()
    browser.take(old.cookies())
    server = panel.skyspy
    with panel.app.test_request_context("/admin/", headers={"Cookie": f"skyspy_panel={old.cookies()['skyspy_panel']}"}):
        secret = session["_user_id"]
    store = Overtaken(str(server.config.database_url))
    late = PanelSessions(store, server.settings, server.secret, server.passwords, server.sign_in, server.tokens, panel.clock)
    assert late.look_up(secret, From("192.0.2.1", AGENT), used=False) is not None
    store.close()
    server.store.close()


def test_a_rekeyed_session_still_ends_in_another_kind_of_browser(changed: Changed) -> None:
    old = changed.before.browser("ann")
    panel = changed.after()
    browser, foreign = panel.browser(), panel.browser(**{"User-Agent": "curl/8.0"})
    browser.take(old.cookies())
    assert browser.is_in()
    foreign.take(browser.cookies())
    assert not foreign.is_in()
    assert not browser.is_in()
    panel.skyspy.store.close()


@pytest.mark.parametrize(("overlap", "status"), [("2027-01-25T00:00:00Z", 200), ("2027-01-15T07:59:00Z", 410), ("", 410)])
def test_a_link_of_the_former_key_opens_until_its_end(changed: Changed, overlap: str, status: int) -> None:
    ann = changed.before.browser("ann")
    bob = change(changed.before.skyspy, users.create, "bob", "viewer", None, BOSS)
    page = ann.post(f"/admin/users/{bob.id}/link/")
    link = page.text.split("/admin/invite/")[1].split('"')[0].split("<")[0]
    panel = changed.after(overlap)
    assert panel.browser().get(f"/admin/invite/{link}/").status_code == status
    panel.skyspy.store.close()
