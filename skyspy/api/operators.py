"""REST: what the operators' panel does, for scripts: users, roles, keys, settings, live connections, audit.

Law: a view is thin over operate/, which checks the right and says no. Nothing here decides. Secrets are
answered once, with `no-store`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from skyspy.api import operators_models as models
from skyspy.api.errors import not_found
from skyspy.api.paging import cut, number, opened, page
from skyspy.api.routes import IDENTIFIED, Asked, Resource
from skyspy.clock import iso
from skyspy.services import Caller, access, audit_log, invitations, keys, roles, sessions, users
from skyspy.services.users import UserView
from skyspy.store.keys import KeySearch
from skyspy.store.roles import Role
from skyspy.store.settings import Setting, to_json

resource = Resource("Operators", "What the panel does, for scripts. Each route says which permission it needs.")

LONGEST_ID = 15

_USERS: dict[str, Any] = {"access": IDENTIFIED, "needs": users.MANAGE}
_KEYS: dict[str, Any] = {"access": IDENTIFIED, "needs": keys.MANAGE}
_SETTINGS: dict[str, Any] = {"access": IDENTIFIED, "needs": access.MANAGE}


def caller_of(asked: Asked) -> Caller:
    """Who operates."""
    return Caller(asked.principal, asked.address)


def id_in(asked: Asked, name: str) -> int:
    """The id in the path; what cannot be one is not there."""
    text = asked.path[name]
    if not text.isdecimal() or len(text) > LONGEST_ID:
        raise not_found(f"{text[:20]!r} is no id; the list shows them")
    return int(text)


# -- users ----------------------------------------------------------------------------------------


@resource.get("/api/admin/users/", query=models.UserQuery, answer=models.UserPage, **_USERS)
def users_list(asked: Asked) -> object:
    """List users by name."""
    query: models.UserQuery = asked.query
    # One more than asked for tells whether another page follows.
    found = users.listing(asked.server, caller_of(asked), query.search, query.limit + 1, after=opened(query.cursor))
    shown, following = cut(found.users, lambda view: view.user.name, query.limit)
    return models.UserPage([_user(view) for view in shown], len(shown), found.total, following)


@resource.post("/api/admin/users/", body=models.NewUser, answer=models.MadeUser, status=201, errors=(409,), **_USERS)
def users_create(asked: Asked) -> object:
    """Make a user.

    Without a password the answer holds an invitation link's token, this once: open /admin/invite/<token> with it.
    """
    body: models.NewUser = asked.body
    caller = caller_of(asked)
    user = users.create(asked.server, caller, body.name, body.role, body.password)
    invitation = invitations.invite(asked.server, caller, user.id) if body.password is None else None
    return models.MadeUser(_user(users.one(asked.server, caller, user.id)), invitation)


@resource.get("/api/admin/users/<user_id>/", answer=models.User, errors=(404,), **_USERS)
def users_one(asked: Asked) -> object:
    """Show one user."""
    return _user(users.one(asked.server, caller_of(asked), id_in(asked, "user_id")))


@resource.post("/api/admin/users/<user_id>/", body=models.UserChange, answer=models.User, errors=(404, 409), **_USERS)
def users_change(asked: Asked) -> object:
    """Change a user.

    Only the fields that are sent, all or none. In force on live sockets within two seconds.
    """
    body: models.UserChange = asked.body
    caller, user_id = caller_of(asked), id_in(asked, "user_id")
    users.change(asked.server, caller, user_id, body.role, body.password, body.disabled)
    return _user(users.one(asked.server, caller, user_id))


@resource.post("/api/admin/users/<user_id>/sign-out/", status=204, errors=(404,), **_USERS)
def users_sign_out(asked: Asked) -> object:
    """End every sign-in of a user."""
    users.sign_out(asked.server, caller_of(asked), id_in(asked, "user_id"))
    return None


@resource.post("/api/admin/users/<user_id>/reset-link/", answer=models.Link, status=201, errors=(404,), **_USERS)
def users_reset(asked: Asked) -> object:
    """Make a password-reset link.

    The answer holds its token, this once: open /admin/reset/<token> with it.
    """
    return models.Link(invitations.reset(asked.server, caller_of(asked), id_in(asked, "user_id")))


@resource.delete("/api/admin/users/<user_id>/", status=204, errors=(404, 409), **_USERS)
def users_delete(asked: Asked) -> object:
    """Delete a user with his keys and sockets."""
    users.delete(asked.server, caller_of(asked), id_in(asked, "user_id"))
    return None


def _user(view: UserView) -> models.User:
    user = view.user
    last = None if user.last_login_at is None else iso(user.last_login_at)
    return models.User(
        id=user.id,
        name=user.name,
        role=user.role,
        disabled=user.disabled,
        created_at=iso(user.created_at),
        last_login_at=last,
        last_login_from=user.last_login_from,
        keys=view.keys,
        sockets=view.sockets,
    )


# -- roles ----------------------------------------------------------------------------------------


@resource.get("/api/admin/roles/", answer=models.Roles, **_USERS)
def roles_list(asked: Asked) -> object:
    """List roles and what they hold."""
    listed = [_role(view.role, view.sockets) for view in roles.listing(asked.server, caller_of(asked))]
    return models.Roles(listed, len(listed))


@resource.post("/api/admin/roles/", body=models.NewRole, answer=models.Role, status=201, errors=(409,), **_USERS)
def roles_create(asked: Asked) -> object:
    """Make a role, of permissions or like another one."""
    body: models.NewRole = asked.body
    held = set(body.permissions)
    if body.like is not None:
        held |= roles.one(asked.server, caller_of(asked), body.like).role.permissions
    return _role(roles.create(asked.server, caller_of(asked), body.name, held, body.says), 0)


@resource.post("/api/admin/roles/<name>/", body=models.RoleChange, answer=models.Role, errors=(404, 409), **_USERS)
def roles_change(asked: Asked) -> object:
    """Give a role other permissions."""
    body: models.RoleChange = asked.body
    name = asked.path["name"]
    roles.change(asked.server, caller_of(asked), name, body.permissions, body.says)
    view = roles.one(asked.server, caller_of(asked), name)
    return _role(view.role, view.sockets)


@resource.delete("/api/admin/roles/<name>/", status=204, errors=(404, 409), **_USERS)
def roles_delete(asked: Asked) -> object:
    """Delete a role that nobody holds."""
    roles.delete(asked.server, caller_of(asked), asked.path["name"])
    return None


def _role(role: Role, sockets: int) -> models.Role:
    return models.Role(role.name, role.says, sorted(role.permissions), role.builtin, role.users, sockets)


# -- keys -----------------------------------------------------------------------------------------


@resource.get("/api/admin/keys/", query=models.KeyQuery, answer=models.Keys, **_KEYS)
def keys_list(asked: Asked) -> object:
    """List everybody's API keys, the newest first."""
    query: models.KeyQuery = asked.query
    search = KeySearch(None, query.search, query.ended, query.limit + 1, before=number(opened(query.cursor)))
    found = keys.listing(asked.server, caller_of(asked), search)
    shown, following = cut(found.keys, lambda view: str(view.key.id), query.limit)
    return models.Keys([_key(view) for view in shown], len(shown), found.total, following)


@resource.post("/api/admin/keys/", body=models.NewKey, answer=models.MadeKey, status=201, errors=(404, 409), **_KEYS)
def keys_create(asked: Asked) -> object:
    """Make a key for a user.

    The answer shows it, this once.
    """
    body: models.NewKey = asked.body
    ends = None if body.expires_in is None else asked.server.clock.wall() + body.expires_in
    caller = caller_of(asked)
    made = keys.create(asked.server, caller, body.user_id, body.kind, body.name, body.scopes, ends, body.networks)
    return models.MadeKey(made.text, _key(keys.one(asked.server, caller, made.key.id)))


@resource.post(
    "/api/admin/keys/<key_id>/rotate/", body=models.Rotation, answer=models.MadeKey, status=201, errors=(404, 409), **_KEYS
)
def keys_rotate(asked: Asked) -> object:
    """Replace a key.

    The old one ends at once, or after `overlap` seconds. The answer shows the new one, this once.
    """
    caller = caller_of(asked)
    made = keys.rotate(asked.server, caller, id_in(asked, "key_id"), float(asked.body.overlap))
    return models.MadeKey(made.text, _key(keys.one(asked.server, caller, made.key.id)))


@resource.delete("/api/admin/keys/<key_id>/", status=204, errors=(404,), **_KEYS)
def keys_revoke(asked: Asked) -> object:
    """End a key and its sockets."""
    keys.revoke(asked.server, caller_of(asked), id_in(asked, "key_id"))
    return None


def _key(view: keys.KeyView) -> models.Key:
    key = view.key
    return models.Key(
        id=key.id,
        user=key.user.name,
        user_id=key.user.id,
        name=key.name,
        kind=key.kind,
        hint=key.hint,
        works=view.works,
        scopes=None if key.scopes is None else sorted(key.scopes),
        networks=None if key.networks is None else list(key.networks),
        created_at=iso(key.created_at),
        expires_at=_moment(key.expires_at),
        revoked_at=_moment(key.revoked_at),
        last_used_at=_moment(key.last_used_at),
        last_used_from=key.last_used_from,
        uses_per_day=list(view.uses),
        sockets=view.sockets,
    )


def _moment(wall: float | None) -> str | None:
    return None if wall is None else iso(wall)


# -- settings -------------------------------------------------------------------------------------


@resource.get("/api/admin/settings/", answer=models.Settings, **_SETTINGS)
def settings_list(asked: Asked) -> object:
    """List every setting, its value and who chose it."""
    return models.Settings([_setting(row) for row in access.rows(asked.server, caller_of(asked))])


@resource.post("/api/admin/settings/preview/", body=models.Changes, answer=models.Preview, **_SETTINGS)
def settings_preview(asked: Asked) -> object:
    """Say what a change would do to those who are connected.

    Counts the sockets of every process on this database, and changes nothing. At the first look it takes a second to hear them all.
    """
    found = access.preview(asked.server, caller_of(asked), asked.body.changes)
    return models.Preview(
        disconnected=dict(found.disconnected),
        namespaces=dict(found.namespaces),
        where={kind: dict(counts) for kind, counts in found.where.items()},
        own=found.own,
        near=found.near,
        lost=dict(found.lost),
        total=found.total,
    )


@resource.post("/api/admin/settings/", body=models.Changes, answer=models.Settings, **_SETTINGS)
def settings_change(asked: Asked) -> object:
    """Change settings, all or none; null chooses the default."""
    access.change(asked.server, caller_of(asked), asked.body.changes)
    return settings_list(asked)


def _setting(row: Setting) -> models.Setting:
    return models.Setting(
        name=row.row.name,
        title=row.row.title,
        value=to_json(row.value),
        default=to_json(row.row.default),
        is_default=row.is_default,
        group=row.row.group,
        says=row.row.says,
        unit=row.row.unit,
        changed_by=row.changed_by,
        changed_at=_moment(row.changed_at),
    )


# -- live connections and the log -----------------------------------------------------------------


@resource.get("/api/admin/live/", query=models.LiveQuery, answer=models.LiveList, **_USERS)
def live_list(asked: Asked) -> object:
    """List who is connected.

    To any process on this database; what another process says is at most two seconds old.
    """
    query: models.LiveQuery = asked.query
    found = sessions.listing(asked.server, caller_of(asked), query.search, query.namespace)
    shown, following = page(found, lambda row: row.sid, query.limit, query.cursor)
    listed = [
        models.Connection(
            sid=row.sid,
            namespace=row.namespace,
            kind=row.kind,
            name=row.name,
            key=row.key_name or None,
            address=row.address,
            since=iso(row.since),
            topics=row.topics.split(),
            sky=row.sky,
            messages=row.messages,
            bytes=row.bytes,
            lag_ms=row.lag_ms,
        )
        for row in shown
    ]
    return models.LiveList(listed, len(listed), len(found), following, dict(sessions.counts(asked.server)))


@resource.post("/api/admin/live/disconnect/", body=models.Disconnect, answer=models.Disconnected, errors=(404,), **_USERS)
def live_disconnect(asked: Asked) -> object:
    """Send connections away.

    One, all of a key, all of a user, or all that are anonymous, on whichever process they are.
    """
    body: models.Disconnect = asked.body
    if body.what in ("key", "user") and not (body.id.isdecimal() and len(body.id) <= LONGEST_ID):
        raise not_found("Give the key's or user's id in `id`; the lists show them")
    targets = {"socket": body.id, "anonymous": ""}
    target = targets[body.what] if body.what in targets else str(int(body.id))
    what = "session" if body.what == "socket" else body.what
    return models.Disconnected(sessions.disconnect(asked.server, caller_of(asked), what, target))


@resource.get("/api/admin/audit/", access=IDENTIFIED, needs=audit_log.NEEDS, query=models.AuditQuery, answer=models.Audit)
def audit_list(asked: Asked) -> object:
    """Read the audit log, the newest first."""
    query: models.AuditQuery = asked.query
    since, until = (None if moment is None else moment.timestamp() for moment in (query.since, query.until))
    search = audit_log.Search(query.actor, query.action, query.object, query.address, since, until)
    rows = audit_log.page(asked.server, caller_of(asked), search, query.limit + 1, number(opened(query.cursor)))
    shown, following = cut(rows, lambda row: str(row.id), query.limit)
    entries = [models.Entry(**{**asdict(row), "at": iso(row.at)}) for row in shown]
    return models.Audit(entries, len(entries), following)
