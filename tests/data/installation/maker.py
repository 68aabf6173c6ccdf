"""What happens in the fixture of an existing installation: users, roles, keys, receivers, links and sign-ins, as make.py has them made.

Runs on the code of commit 6feff02, and on no other.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import plaintext
from plaintext import AGENT, HOME, MADE_AT, NOW

from skyspy.app import create_app
from skyspy.auth.pages import Browser, Pages
from skyspy.auth.principal import Principal, TokenError
from skyspy.auth.signin import InvalidCredentials
from skyspy.auth.throttle import Throttled
from skyspy.clock import Clock
from skyspy.house import House, house_of
from skyspy.operate import Refused, Who, feeds, keys, links, roles, users
from skyspy.store import Connection, presence
from skyspy.store.accounts import Actor

HOUR, DAY = 3600.0, 86400.0
CLI = Actor("cli", "pi")


class MovedClock(Clock):
    """A clock that this script moves."""

    def __init__(self) -> None:
        self.now = MADE_AT

    def wall(self) -> float:
        return self.now

    def steady(self) -> float:
        return self.now - MADE_AT

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Label:
    """Stands in for the `secrets` module: values are those that plaintext.py computes from the present label."""

    def __init__(self) -> None:
        self._label = "unlabelled"
        self._taken: Counter[str] = Counter()
        secrets.token_hex = lambda size=32: plaintext.token_hex(self._label, size, self._nth("hex"))
        secrets.token_urlsafe = lambda size=32: plaintext.token_urlsafe(self._label, size, self._nth("urlsafe"))
        secrets.choice = lambda letters: plaintext.choice(self._label, letters, self._nth("choice"))

    def _nth(self, use: str) -> int:
        self._taken[use] += 1
        return self._taken[use] - 1

    @contextmanager
    def __call__(self, label: str) -> Iterator[str]:
        before = self._label, self._taken
        self._label, self._taken = label, Counter()
        yield label
        self._label, self._taken = before


LABEL = Label()


class Maker:
    """The installation while it is made."""

    def __init__(self, environ: dict[str, str], clock: MovedClock) -> None:
        self.clock = clock
        self.app = create_app(environ, clock)
        self.house: House = house_of(self.app)
        self.tokens = self.house.tokens
        self.pages = Pages(self.house.accounts, self.house.settings, self.tokens, clock)

    def later(self, seconds: float) -> None:
        self.clock.now += seconds

    def who(self, name: str) -> Who:
        user = self.house.accounts.user_by_name(name)
        assert user is not None, name
        return Who(Principal("user", user.id, user.name, user.role, user.permissions), HOME)

    def user(self, name: str, role: str, has_password: bool = True) -> int:
        """A user whom anna makes."""
        self.later(60)
        made = users.create(self.house, self.who("anna"), name, role, plaintext.password(name) if has_password else None)
        return made.id

    def key(self, owner: str, name: str, kind: str = "live", by: str = "", **more: Any) -> int:
        """A key of that name; its plaintext is plaintext.api_key(name, kind)."""
        self.later(60)
        user_id = self.who(owner).principal.user_id
        with LABEL(name):
            made = keys.create(self.house, self.who(by or owner), user_id, kind, name, **more)
        assert made.text == plaintext.api_key(name, kind)
        return made.key.id

    def use(self, name: str, times: int, address: str, kind: str = "live") -> None:
        for _ in range(times):
            self.later(1)
            self.tokens.identify(plaintext.api_key(name, kind), address)

    def login(self, label: str, name: str, address: str = HOME) -> None:
        self.later(60)
        with LABEL(label):
            grant = self.tokens.login(name, plaintext.password(name), address)
        assert grant.refresh == plaintext.refresh_token(label)
        expected = plaintext.access_token(label, grant.user.user_id, self.clock.now, grant.expires_in)
        assert grant.access == expected

    def refresh(self, label: str, new: str) -> None:
        self.later(60)
        with LABEL(new):
            assert self.tokens.refresh(plaintext.refresh_token(label), HOME).refresh == plaintext.refresh_token(new)

    def browser(self, label: str, name: str, *, keep: bool = False) -> None:
        self.later(60)
        with LABEL(label):
            browser = Browser(HOME, AGENT, "Chrome on Linux")
            opened = self.pages.sign_in(name, plaintext.password(name), browser, keep=keep)
        assert opened.secret == plaintext.panel_secret(label)

    def settings(self, by: str, **changes: object) -> None:
        self.later(60)
        self.house.settings.change(changes, self.who(by).actor)


def make(world: Maker) -> None:
    """Everything that happened at this installation in ten days."""
    people(world)
    operating(world)
    world.clock.now = MADE_AT + 2 * DAY
    some_keys(world)
    some_receivers(world)
    for day in range(3, 9):
        world.clock.now = MADE_AT + day * DAY
        world.use("everything", day, HOME)
        world.use("scoped", 2, "198.51.100.7")
        world.use("sandbox", 1, HOME, "test")
        world.tokens.flush_uses()
    world.clock.now = MADE_AT + 9 * DAY
    refusals(world)
    world.clock.now = NOW - HOUR
    signed_in(world)
    connected(world)
    assert world.clock.now <= NOW, world.clock.now - NOW
    world.clock.now = NOW


def people(world: Maker) -> None:
    house = world.house
    with LABEL("first administrator"):
        token = links.first_admin(house, CLI)
    world.later(300)
    links.make_first_admin(house, token, "anna", plaintext.password("anna"), HOME)
    roles.create(house, world.who("anna"), "tower", frozenset({"aircraft.view", "audio.view"}), "Listens on tower's frequency")
    roles.create(house, world.who("anna"), "held-by-none", frozenset({"stats.view"}), "")
    world.later(60)
    tower = frozenset({"aircraft.view", "audio.view", "safety.view", "keys.manage"})
    roles.change(house, world.who("anna"), "tower", tower, "Listens and makes keys")
    for name, role in (("otto", "operator"), ("vera", "viewer"), ("karl", "tower"), ("dora", "operator"), ("Zoë", "viewer")):
        world.user(name, role)
    world.user("nina", "viewer", has_password=False)
    gone = world.user("gone", "viewer")
    world.key("dora", "of a disabled user")
    users.delete(house, world.who("anna"), gone)
    users.set_disabled(house, world.who("anna"), world.who("dora").principal.user_id, True)
    # A role or password that changed raises the session epoch.
    users.set_password(house, world.who("anna"), world.who("karl").principal.user_id, plaintext.password("karl"))


def operating(world: Maker) -> None:
    world.settings("anna", AUTH_MODE="private", WS_REJECT_INVALID_TOKENS=True)
    world.settings("anna", FEATURE_ACCESS={"audio": "authenticated", "aircraft": "permission"})
    world.settings("anna", CORS_ORIGINS="https://map.example, http://192.0.2.9:8080", BROADCAST_HZ=2.5)
    world.settings("anna", RECEIVER_LOCATION_PUBLIC="hidden", JWT_ACCESS_SECONDS=7200, JWT_REFRESH_SECONDS=30 * 86400)
    world.settings("anna", PANEL_KEEP_SECONDS=60 * 86400, LOGIN_ATTEMPTS_PER_ACCOUNT=4, MAX_RANGE_NM=300)
    world.settings("anna", MAX_RANGE_NM=None)


def some_keys(world: Maker) -> None:
    house, now = world.house, world.clock.now
    world.key("anna", "everything")
    world.key("otto", "scoped", scopes=["aircraft.view", "stats.view"])
    world.key("otto", "from home", networks=["192.0.2.0/24", "2001:db8::/32"])
    world.key("vera", "for a year", expires_at=now + 365 * DAY, by="anna")
    world.key("vera", "ended", expires_at=now + DAY, by="anna")
    world.key("vera", "sandbox", "test", by="anna")
    world.key("karl", "made by karl", scopes=["audio.view"])
    keys.revoke(house, world.who("otto"), world.key("otto", "revoked"))
    for name, successor, overlap in (("overlapping", "successor", 30 * DAY), ("replaced", "replacement", 0.0)):
        old = world.key("otto", name, scopes=["aircraft.view"])
        with LABEL(successor):
            assert keys.rotate(house, world.who("otto"), old, overlap).text == plaintext.api_key(successor)


def some_receivers(world: Maker) -> None:
    anna = world.who("anna")
    for url in ("beast://192.0.2.50:30005", "sbs://192.0.2.51:30003", "http://reader:example@192.0.2.52/data/aircraft.json"):
        world.later(60)
        added = feeds.add(world.house, anna, url)
        if url.startswith("sbs:"):
            feeds.set_paused(world.house, anna, added.id, True)
    feeds.remove(world.house, anna, feeds.add(world.house, anna, "json://192.0.2.53:30047").id)


def refusals(world: Maker) -> None:
    """What failed: sign-ins, bad tokens, acts without a right."""
    for name, typed in [("nobody-here", "x"), *[("vera", f"wrong password {nth}") for nth in range(6)]]:
        world.later(1)
        try:
            world.tokens.login(name, typed, "203.0.113.66")
        except (InvalidCredentials, Throttled):
            continue
        raise AssertionError(name)
    for token in (plaintext.api_key("never kept"), plaintext.api_key("revoked"), "x"):
        try:
            world.tokens.identify(token, "203.0.113.66")
        except TokenError:
            continue
        raise AssertionError(token)
    try:
        users.create(world.house, world.who("otto"), "own-friend", "admin", None)
    except Refused:
        world.tokens.flush_uses()
        return
    raise AssertionError("otto made an administrator")


def signed_in(world: Maker) -> None:
    """The sign-ins that live, and those that ended. Begins an hour before NOW."""
    world.browser("anna's kept browser", "anna", keep=True)
    world.browser("otto's kept browser", "otto", keep=True)
    world.browser("signed out", "otto")
    opened = world.pages.look(plaintext.panel_secret("signed out"), Browser(HOME, AGENT, "Chrome on Linux"))
    assert opened is not None
    world.pages.sign_out(opened, Browser(HOME, AGENT, "Chrome on Linux"))
    world.login("otto's app", "otto")
    world.refresh("otto's app", "otto's app, refreshed")
    world.login("vera's app", "vera")
    world.login("karl's app", "karl")
    world.login("signed out app", "karl")
    world.tokens.revoke(plaintext.refresh_token("signed out app"), HOME)
    world.clock.now = NOW - 1200
    world.browser("anna's browser", "anna")
    anna = world.who("anna")
    for label, make_link, name in (("invitation", links.invite, "nina"), ("forgotten password", links.reset, "vera")):
        # The link is dated NOW: itsdangerous reads the machine's clock, which the tests hold at NOW too.
        before, world.clock.now = world.clock.now, NOW
        user = world.house.accounts.user_by_name(name)
        assert user is not None
        with LABEL(label):
            token = make_link(world.house, anna, user.id)
        kind = "invite" if make_link is links.invite else "reset"
        assert token == plaintext.link(label, kind, user.id, user.session_epoch, anna.principal.user_id)
        world.clock.now = before


def connected(world: Maker) -> None:
    """One live session as another process wrote it down, and one that was sent away."""
    sid, common = "fixture-sid", ("live", "aircraft stats", NOW - 60, 12, 3456, 0, "fixture-transport")
    row = presence.Row("fixture-process", sid, "/", "user", 2, None, "otto", "", "operator", HOME, AGENT[:200], "ok", *common)

    def write(connection: Connection) -> None:
        presence.want(connection, NOW - 60)
        presence.publish(connection, "fixture-process", [row], NOW - 60)
        presence.evict(connection, "session", "another-sid", 1, world.who("anna").actor, NOW - 60)

    world.house.store.write(write)
