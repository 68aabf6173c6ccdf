"""Application: where alerts go, for REST and the panel.

Invariants: reading needs `alerts.view`, changing and testing `alerts.edit` too. A caller works on its own destinations in the sky that it
sees (alert_owner.py). What is secret of a destination is stored encrypted and is in no answer, but for what the server makes itself: that is
in one answer, once. Who may not manage settings sends to no private network; that is checked again when something is sent. In the
sandbox nothing is sent but tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from skyspy.auth.policy import may
from skyspy.notify import settings as destination_settings
from skyspy.notify import vault
from skyspy.notify.destination import BROWSER, Destination
from skyspy.notify.settings import Checked, DestinationError
from skyspy.notify.vault import VaultError
from skyspy.server import Context, Server
from skyspy.services import alert_owner, own_history
from skyspy.services.alert_owner import MANAGE_SETTINGS
from skyspy.services.caller import Caller, Refused, Transaction, as_sentence
from skyspy.store import Connection, alert_destinations, alert_rules, audit, keys, users
from skyspy.store.alert_destinations import NOUN, NewDestination, StoredDestination
from skyspy.store.history import outbox
from skyspy.store.keys import Key
from skyspy.store.owned import Owner
from skyspy.store.settings import Settings
from skyspy.store.users import User

KEY_ENDED = "the API key that saved it has ended: turn it on again, or save it"
GONE = "its destination was deleted or turned off"
NOTHING_SENT = "Nothing is sent to open pages for a test: they show alerts as they come"
BY_OWNER = "turned off by its owner"


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A destination. `shown` is what may be shown of its settings; `works`: alerts are sent to it now, else `disabled_reason` says why
    not. `has_secret`: something secret is stored. Times are wall seconds; `disabled_at` is None where it was not turned off."""

    id: str
    name: str
    kind: str
    shown: Mapping[str, Any]
    works: bool
    disabled_at: float | None
    disabled_reason: str
    has_secret: bool
    created_at: float
    updated_at: float
    version: int


@dataclass(frozen=True, slots=True)
class DestinationsFound:
    """A page of destinations, the oldest first, and how many there are. `next_cursor` is None at the end of the list."""

    destinations: list[DestinationView]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Made:
    """A destination that was saved. `secret` is what the server made for it, which is shown this once; None: it made none."""

    view: DestinationView
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of a test. `status` is that of HTTP, where there is one; `reason` is one line for people."""

    destination_id: str
    name: str
    ok: bool
    status: int | None
    reason: str


def page(server: Context, caller: Caller, cursor: str | None = None, limit: int = alert_owner.MAX_PAGE) -> DestinationsFound:
    """The caller's destinations. Raises Refused."""
    after, now = alert_owner.after_of(cursor), server.clock.wall()

    def work(connection: Connection, owner: Owner) -> DestinationsFound:
        # One more than fits, to know whether another page follows.
        found = alert_destinations.page(connection, owner, after, limit + 1)
        listed = [_view(connection, one, now) for one in found[:limit]]
        total = alert_destinations.count(connection, owner)
        return DestinationsFound(listed, listed[-1].id if len(found) > limit else None, total)

    return alert_owner.read(server, caller, work)


def one(server: Context, caller: Caller, destination_id: str) -> DestinationView:
    """The caller's destination of that id. Raises Refused."""
    number, now = alert_owner.refused_id(NOUN, destination_id), server.clock.wall()

    def work(connection: Connection, owner: Owner) -> DestinationView:
        return _view(connection, alert_destinations.one(connection, owner, number), now)

    return alert_owner.read(server, caller, work)


def create(server: Context, caller: Caller, document: Mapping[str, Any]) -> Made:
    """Make a destination of a document (notify/settings.py, with `name` and `kind`). Raises Refused, with the message of each bad field."""

    def work(here: Transaction, owner: Owner) -> Made:
        kind, name = document.get("kind"), alert_owner.checked_name(document.get("name"))
        checked = _checked(here, str(kind), document, None)
        new = _new(server, here, owner, name, str(kind), checked)
        made = alert_destinations.create(here.connection, owner, new, here.actor, here.at)
        return Made(_view(here.connection, made, here.at), checked.shown_once.get("secret"))

    return alert_owner.act(server, caller, work)


def update(server: Context, caller: Caller, destination_id: str, document: Mapping[str, Any]) -> Made:
    """Give a destination other settings, and turn it on. Its name, kind and secrets stay where the document has none. Raises Refused as
    `create`."""

    def work(here: Transaction, owner: Owner) -> Made:
        old = alert_destinations.one(here.connection, owner, alert_owner.row_id(NOUN, destination_id))
        name = alert_owner.checked_name(document.get("name", old.name))
        if document.get("kind", old.kind) != old.kind:
            message = f"stays {old.kind}: make another destination"
            raise Refused("invalid", f"The kind of a destination {message}", {"kind": message})
        checked = _checked(here, old.kind, document, _secrets(server, old))
        new = _new(server, here, owner, name, old.kind, checked)
        made = alert_destinations.change(here.connection, owner, old.id, new, here.actor, here.at)
        return Made(_view(here.connection, made, here.at), checked.shown_once.get("secret"))

    return alert_owner.act(server, caller, work)


def renew_secret(server: Context, caller: Caller, destination_id: str) -> Made:
    """Make another secret for a webhook, which is in this answer only; the former one signs too for a day. Raises Refused."""

    def work(here: Transaction, owner: Owner) -> Made:
        old = alert_destinations.one(here.connection, owner, alert_owner.row_id(NOUN, destination_id))
        if old.kind != "webhook":
            raise Refused("conflict", "Only a webhook has a secret of the server's: save this destination with another one")
        kept = {name: value for name, value in old.settings.items() if name != "shown"} | {"rotate": True}
        checked = _checked(here, old.kind, kept, _secrets(server, old))
        sealed = vault.seal(server.secret, owner.user_id, checked.secrets)
        made = alert_destinations.set_secrets(here.connection, owner, old.id, sealed, here.actor, here.at)
        return Made(_view(here.connection, made, here.at), checked.shown_once["secret"])

    return alert_owner.act(server, caller, work)


def enable(server: Context, caller: Caller, destination_id: str) -> DestinationView:
    """Turn a destination on. One that a key turns on ends with the key. Raises Refused."""

    def work(here: Transaction, owner: Owner) -> DestinationView:
        number, key_id = alert_owner.row_id(NOUN, destination_id), here.principal.key_id
        made = alert_destinations.set_enabled(here.connection, owner, number, key_id, here.actor, here.at)
        return _view(here.connection, made, here.at)

    return alert_owner.act(server, caller, work)


def disable(server: Server, caller: Caller, destination_id: str) -> DestinationView:
    """Turn a destination off; what waits for it is given up. Raises Refused."""

    def work(here: Transaction, owner: Owner) -> DestinationView:
        number = alert_owner.row_id(NOUN, destination_id)
        made = alert_destinations.set_disabled(here.connection, owner, number, BY_OWNER, here.actor, here.at)
        return _view(here.connection, made, here.at)

    view = alert_owner.act(server, caller, work)
    _give_up(server, caller, view.id)
    return view


def delete(server: Server, caller: Caller, destination_id: str) -> None:
    """Delete a destination, also from the rules that name it; what waits for it is given up. Raises Refused."""

    def work(here: Transaction, owner: Owner) -> int:
        number = alert_owner.row_id(NOUN, destination_id)
        alert_destinations.remove(here.connection, owner, number, here.actor, here.at)
        alert_rules.forget_destination(here.connection, owner, number, here.at)
        return number

    _give_up(server, caller, str(alert_owner.act(server, caller, work)))


def test(server: Server, caller: Caller, destination_id: str) -> TestResult:
    """Send a message that says it is a test, once, as an alert would be sent. Yields. Raises Refused."""
    settings = server.settings.fresh()

    def work(here: Transaction, owner: Owner) -> Destination | None:
        found = alert_destinations.one(here.connection, owner, alert_owner.row_id(NOUN, destination_id))
        audit.record(
            here.connection, here.actor, "destination.test", f"destination {found.id}", here.at, None, {"kind": found.kind}
        )
        try:
            return opened(server, here.connection, found, settings, here.at)
        except VaultError as error:
            raise Refused("conflict", as_sentence(error)) from error

    destination = alert_owner.act(server, caller, work)
    if destination is None:
        raise Refused("conflict", "This destination is off: turn it on, then test it")
    if destination.kind == BROWSER:
        return TestResult(destination_id, destination.name, True, None, NOTHING_SENT)
    outcome = server.senders.send_test(destination)
    return TestResult(destination_id, destination.name, outcome.ok, outcome.status, outcome.reason)


# -- what is sent to ------------------------------------------------------------------------------


def opened(
    server: Context, connection: Connection, found: StoredDestination, settings: Settings, at: float
) -> Destination | None:
    """The destination with its secrets in clear, as its owner may use it now; None where nothing may be sent to it. Raises VaultError,
    with one line for people."""
    owner = users.by_ids(connection, [found.owner_id]).get(found.owner_id)
    may_do = rights_of(found, owner, _maker(connection, found), settings, at)
    if may_do is None:
        return None
    secrets = vault.unseal(server.secret, found.owner_id, found.secrets)
    may_private = found.sky == "live" and MANAGE_SETTINGS in may_do
    return Destination(found.id, found.owner_id, found.kind, found.name, found.settings, secrets, may_private)


def rights_of(
    found: StoredDestination, owner: User | None, maker: Key | None, settings: Settings, at: float
) -> frozenset[str] | None:
    """What may be done for this destination at `at` (wall seconds): what its owner may, as far as the key may that saved it (`maker`); None:
    nothing may be sent to it."""
    if found.disabled_at is not None:
        return None
    if found.maker_key_id is not None and (maker is None or not keys.is_active(maker, at)):
        return None
    return alert_owner.rights_away(owner, found.sky, None if maker is None else maker.scopes, settings)


def _maker(connection: Connection, found: StoredDestination) -> Key | None:
    return None if found.maker_key_id is None else keys.by_ids(connection, [found.maker_key_id]).get(found.maker_key_id)


def _view(connection: Connection, found: StoredDestination, at: float) -> DestinationView:
    reason = found.disabled_reason
    if found.disabled_at is None and found.maker_key_id is not None:
        key = _maker(connection, found)
        reason = "" if key is not None and keys.is_active(key, at) else KEY_ENDED
    return DestinationView(
        str(found.id),
        found.name,
        found.kind,
        found.settings,
        found.disabled_at is None and not reason,
        found.disabled_at,
        reason,
        found.secrets is not None,
        found.created_at,
        found.updated_at,
        found.version,
    )


def _checked(here: Transaction, kind: str, document: Mapping[str, Any], former: Mapping[str, str] | None) -> Checked:
    own = {name: value for name, value in document.items() if name not in ("name", "kind")}
    may_private = here.principal.sky == "live" and may(here.principal, MANAGE_SETTINGS, here.settings)
    try:
        return destination_settings.check(kind, own, may_private=may_private, now=here.at, former=former)
    except DestinationError as error:
        raise Refused("invalid", f"These fields cannot be used: {', '.join(sorted(error.fields))}", error.fields) from error


def _new(server: Context, here: Transaction, owner: Owner, name: str, kind: str, checked: Checked) -> NewDestination:
    sealed = vault.seal(server.secret, owner.user_id, checked.secrets) if checked.secrets else None
    return NewDestination(name, kind, checked.settings, sealed, here.principal.key_id)


def _secrets(server: Context, found: StoredDestination) -> Mapping[str, str] | None:
    """What is stored; None where it cannot be read and has to be entered again."""
    try:
        return vault.unseal(server.secret, found.owner_id, found.secrets)
    except VaultError:
        return None


def _give_up(server: Server, caller: Caller, destination_id: str) -> None:
    """Give up what waits for the destination. Where the history cannot be written now, each delivery is given up when it is due."""
    owner = alert_owner.owner_of(caller)
    with suppress(Refused):
        own_history.write(
            server, caller, outbox.discard_for_destination, owner.user_id, int(destination_id), server.clock.wall(), GONE
        )
