"""REST: what the operators' panel does, for scripts: users, roles, keys, settings, live connections, audit.

Law: a view is thin over operate/, which checks the right and says no. Nothing here decides. Secrets are
answered once, with `no-store`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyspy.api import account_models as models
from skyspy.api.convert import shown
from skyspy.api.errors import not_found
from skyspy.api.paging import cut, number, opened, page
from skyspy.api.routes import IDENTIFIED, Asked, Resource
from skyspy.services import access, audit_log, invitations, keys, live, roles, users
from skyspy.services.users import UserView
from skyspy.store.keys import KeySearch
from skyspy.store.settings import to_json

resource = Resource("Operators", "What the panel does, for scripts. Each route says which permission it needs.")

LONGEST_ID = 15

_USERS: dict[str, Any] = {"access": IDENTIFIED, "needs": users.MANAGE}
_KEYS: dict[str, Any] = {"access": IDENTIFIED, "needs": keys.MANAGE}
_SETTINGS: dict[str, Any] = {"access": IDENTIFIED, "needs": access.MANAGE}


def id_in(asked: Asked, name: str) -> int:
    """The id in the path; what cannot be one is not there."""
    text = asked.path[name]
    if not text.isdecimal() or len(text) > LONGEST_ID:
        raise not_found(f"{text[:20]!r} is no id; the list shows them")
    return int(text)


# -- users ----------------------------------------------------------------------------------------


@resource.get("/api/admin/users/", query=models.SearchQuery, answer=models.UserPage, **_USERS)
def users_list(asked: Asked) -> object:
    """List users by name."""
    query: models.SearchQuery = asked.query
    # One more than asked for tells whether another page follows.
    found = users.listing(asked.server, asked.caller, query.search, query.limit + 1, after=opened(query.cursor))
    listed, following = cut(found.users, lambda view: view.user.name, query.limit)
    return models.UserPage([_user(view) for view in listed], len(listed), found.total, following)


@resource.post("/api/admin/users/", body=models.NewUser, answer=models.CreatedUser, status=201, errors=(409,), **_USERS)
def users_create(asked: Asked) -> object:
    """Make a user.

    Without a password the answer holds an invitation link's token, this once: open /admin/invite/<token> with it.
    """
    body: models.NewUser = asked.body
    user = users.create(asked.server, asked.caller, body.name, body.role, body.password)
    invitation = invitations.invite(asked.server, asked.caller, user.id) if body.password is None else None
    return models.CreatedUser(_user(users.one(asked.server, asked.caller, user.id)), invitation)


@resource.get("/api/admin/users/<user_id>/", answer=models.UserDetails, errors=(404,), **_USERS)
def users_one(asked: Asked) -> object:
    """Show one user."""
    return _user(users.one(asked.server, asked.caller, id_in(asked, "user_id")))


@resource.post("/api/admin/users/<user_id>/", body=models.UserChange, answer=models.UserDetails, errors=(404, 409), **_USERS)
def users_change(asked: Asked) -> object:
    """Change a user.

    Only the fields that are sent, all or none. In force on live sockets within two seconds.
    """
    body: models.UserChange = asked.body
    user_id = id_in(asked, "user_id")
    users.change(asked.server, asked.caller, user_id, body.role, body.password, body.disabled)
    return _user(users.one(asked.server, asked.caller, user_id))


@resource.post("/api/admin/users/<user_id>/sign-out/", status=204, errors=(404,), **_USERS)
def users_sign_out(asked: Asked) -> object:
    """End every sign-in of a user."""
    users.sign_out(asked.server, asked.caller, id_in(asked, "user_id"))
    return None


@resource.post("/api/admin/users/<user_id>/reset-link/", answer=models.Link, status=201, errors=(404,), **_USERS)
def users_reset(asked: Asked) -> object:
    """Make a password-reset link.

    The answer holds its token, this once: open /admin/reset/<token> with it.
    """
    return models.Link(invitations.reset(asked.server, asked.caller, id_in(asked, "user_id")))


@resource.delete("/api/admin/users/<user_id>/", status=204, errors=(404, 409), **_USERS)
def users_delete(asked: Asked) -> object:
    """Delete a user with his keys and sockets."""
    users.delete(asked.server, asked.caller, id_in(asked, "user_id"))
    return None


def _user(view: UserView) -> models.UserDetails:
    return shown(models.UserDetails, view, view.user)


# -- roles ----------------------------------------------------------------------------------------


@resource.get("/api/admin/roles/", answer=models.Roles, **_USERS)
def roles_list(asked: Asked) -> object:
    """List roles and what they hold."""
    listed = [shown(models.Role, view, view.role) for view in roles.listing(asked.server, asked.caller)]
    return models.Roles(listed, len(listed))


@resource.post("/api/admin/roles/", body=models.NewRole, answer=models.Role, status=201, errors=(409,), **_USERS)
def roles_create(asked: Asked) -> object:
    """Make a role, of permissions or like another one."""
    body: models.NewRole = asked.body
    held = set(body.permissions)
    if body.like is not None:
        held |= roles.one(asked.server, asked.caller, body.like).role.permissions
    created = roles.create(asked.server, asked.caller, body.name, held, body.says)
    return shown(models.Role, created, sockets=0)


@resource.post("/api/admin/roles/<name>/", body=models.RoleChange, answer=models.Role, errors=(404, 409), **_USERS)
def roles_change(asked: Asked) -> object:
    """Give a role other permissions."""
    body: models.RoleChange = asked.body
    name = asked.path["name"]
    roles.change(asked.server, asked.caller, name, body.permissions, body.says)
    view = roles.one(asked.server, asked.caller, name)
    return shown(models.Role, view, view.role)


@resource.delete("/api/admin/roles/<name>/", status=204, errors=(404, 409), **_USERS)
def roles_delete(asked: Asked) -> object:
    """Delete a role that nobody holds."""
    roles.delete(asked.server, asked.caller, asked.path["name"])
    return None


# -- keys -----------------------------------------------------------------------------------------


@resource.get("/api/admin/keys/", query=models.KeyQuery, answer=models.KeyPage, **_KEYS)
def keys_list(asked: Asked) -> object:
    """List everybody's API keys, the newest first."""
    query: models.KeyQuery = asked.query
    search = KeySearch(None, query.search, query.ended, query.limit + 1, before=number(opened(query.cursor)))
    found = keys.listing(asked.server, asked.caller, search)
    listed, following = cut(found.keys, lambda view: str(view.key.id), query.limit)
    return models.KeyPage([key_shown(view) for view in listed], len(listed), found.total, following)


@resource.post("/api/admin/keys/", body=models.NewUserKey, answer=models.CreatedUserKey, status=201, errors=(404, 409), **_KEYS)
def keys_create(asked: Asked) -> object:
    """Make a key for a user.

    The answer shows it, this once.
    """
    body: models.NewUserKey = asked.body
    ends = None if body.expires_in is None else asked.server.clock.wall() + body.expires_in
    made = keys.create(asked.server, asked.caller, body.user_id, body.kind, body.name, body.scopes, ends, body.networks)
    return models.CreatedUserKey(made.text, key_shown(keys.one(asked.server, asked.caller, made.key.id)))


@resource.post(
    "/api/admin/keys/<key_id>/rotate/",
    body=models.UserKeyRotation,
    answer=models.CreatedUserKey,
    status=201,
    errors=(404, 409),
    **_KEYS,
)
def keys_rotate(asked: Asked) -> object:
    """Replace a key.

    The old one ends at once, or after `overlap` seconds. The answer shows the new one, this once.
    """
    made = keys.rotate(asked.server, asked.caller, id_in(asked, "key_id"), float(asked.body.overlap))
    return models.CreatedUserKey(made.text, key_shown(keys.one(asked.server, asked.caller, made.key.id)))


@resource.delete("/api/admin/keys/<key_id>/", status=204, errors=(404,), **_KEYS)
def keys_revoke(asked: Asked) -> object:
    """End a key and its sockets."""
    keys.revoke(asked.server, asked.caller, id_in(asked, "key_id"))
    return None


def key_shown(view: keys.KeyView) -> models.Key:
    """A key as it is answered to its owner and to operators."""
    key = view.key
    state = "revoked" if key.revoked_at is not None else "active" if view.works else "expired"
    return shown(models.Key, view, key, user=key.user.name, user_id=key.user.id, uses_per_day=view.uses, state=state)


# -- settings -------------------------------------------------------------------------------------


@resource.get("/api/admin/settings/", answer=models.Settings, **_SETTINGS)
def settings_list(asked: Asked) -> object:
    """List every setting, its value and who chose it."""
    rows = access.rows(asked.server, asked.caller)
    return models.Settings(
        [shown(models.Setting, row, row.row, value=to_json(row.value), default=to_json(row.row.default)) for row in rows]
    )


@resource.post("/api/admin/settings/preview/", body=models.Changes, answer=models.Preview, **_SETTINGS)
def settings_preview(asked: Asked) -> object:
    """Say what a change would do to those who are connected.

    Counts the sockets of every process on this database, and changes nothing. At the first look it takes a second to hear them all.
    """
    return shown(models.Preview, access.preview(asked.server, asked.caller, asked.body.changes))


@resource.post("/api/admin/settings/", body=models.Changes, answer=models.Settings, **_SETTINGS)
def settings_change(asked: Asked) -> object:
    """Change settings, all or none; null chooses the default."""
    access.change(asked.server, asked.caller, asked.body.changes)
    return settings_list(asked)


# -- live connections and the log -----------------------------------------------------------------


@resource.get("/api/admin/live/", query=models.LiveQuery, answer=models.LiveList, **_USERS)
def live_list(asked: Asked) -> object:
    """List who is connected.

    To any process on this database; what another process says is at most two seconds old.
    """
    query: models.LiveQuery = asked.query
    found = live.listing(asked.server, asked.caller, query.search, query.namespace)
    listed, following = page(found, lambda row: row.sid, query.limit, query.cursor)
    connections = [shown(models.Connection, row, key=row.key_name or None, topics=row.topics.split()) for row in listed]
    return models.LiveList(connections, len(listed), len(found), following, dict(live.counts(asked.server)))


@resource.post("/api/admin/live/disconnect/", body=models.Disconnect, answer=models.Disconnected, errors=(404,), **_USERS)
def live_disconnect(asked: Asked) -> object:
    """Send connections away.

    One, all of a key, all of a user, or all that are anonymous, on whichever process they are.
    """
    body: models.Disconnect = asked.body
    acts: dict[str, Callable[[], int]] = {
        "socket": lambda: live.disconnect(asked.server, asked.caller, body.id),
        "key": lambda: live.disconnect_key(asked.server, asked.caller, int(body.id or 0)),
        "user": lambda: live.disconnect_user(asked.server, asked.caller, int(body.id or 0)),
        "anonymous": lambda: live.disconnect_anonymous(asked.server, asked.caller),
    }
    if body.what in ("key", "user") and not (body.id.isdecimal() and len(body.id) <= LONGEST_ID):
        raise not_found("Give the key's or user's id in `id`; the lists show them")
    return models.Disconnected(acts[body.what]())


@resource.get("/api/admin/audit/", access=IDENTIFIED, needs=audit_log.NEEDS, query=models.AuditQuery, answer=models.Audit)
def audit_list(asked: Asked) -> object:
    """Read the audit log, the newest first."""
    query: models.AuditQuery = asked.query
    since, until = (None if moment is None else moment.timestamp() for moment in (query.since, query.until))
    search = audit_log.Search(query.actor, query.action, query.object, query.address, since, until)
    rows = audit_log.page(asked.server, asked.caller, search, query.limit + 1, number(opened(query.cursor)))
    listed, following = cut(rows, lambda row: str(row.id), query.limit)
    return models.Audit([shown(models.Entry, row) for row in listed], len(listed), following)
