"""Interfaces: REST for operators: users, roles, keys, settings, live connections, audit.

Invariants: services/ checks permissions and decides. A secret is in one answer only, with `no-store`.
"""

from __future__ import annotations

from typing import Any

from skyspy.api import account_models as models
from skyspy.api import operation_models as operation
from skyspy.api.convert import to_model
from skyspy.api.errors import not_found
from skyspy.api.paging import decode_cursor, number, page, truncate
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.clock import wall_of
from skyspy.services import audit_log, invitations, keys, roles, sessions, setting_changes, users
from skyspy.services.users import UserView
from skyspy.store.keys import KeySearch
from skyspy.store.registry import to_json
from skyspy.store.rows import parse_row_id
from skyspy.store.settings import Setting

resource = Resource("Operators", "What the panel does, for scripts. Each route says which permission it needs.")

_USERS: dict[str, Any] = {"access": IDENTIFIED, "permission": users.MANAGE}
_KEYS: dict[str, Any] = {"access": IDENTIFIED, "permission": keys.MANAGE}
_SETTINGS: dict[str, Any] = {"access": IDENTIFIED, "permission": setting_changes.MANAGE}


def id_in_path(context: RequestContext, name: str) -> int:
    """The id in the path; raises ApiError 404 for what cannot be one."""
    return _as_id(context.path[name])


def _as_id(text: str) -> int:
    number = parse_row_id(text)
    if number is None:
        raise not_found(f"{text[:20]!r} is no id; the list shows them")
    return number


# -- users ----------------------------------------------------------------------------------------


@resource.get("/api/admin/users/", query=models.SearchQuery, answer=models.UserPage, **_USERS)
def users_list(context: RequestContext) -> object:
    """List users by name."""
    query: models.SearchQuery = context.query
    # One more than requested, to know whether another page follows.
    found = context.call(users.listing, query.search, query.limit + 1, after=decode_cursor(query.cursor))
    listed, following = truncate(found.users, lambda view: view.user.name, query.limit)
    return models.UserPage([_user(view) for view in listed], len(listed), found.total, following)


@resource.post("/api/admin/users/", body=models.NewUser, answer=models.CreatedUser, status=201, errors=(409,), **_USERS)
def users_create(context: RequestContext) -> object:
    """Make a user.

    Without a password the answer holds an invitation link's token, this once: open /admin/invite/<token> with it. An API key that has an end, networks or scopes makes no users.
    """
    body: models.NewUser = context.body
    user = context.call(users.create, body.name, body.role, body.password)
    invitation = context.call(invitations.invitation_link, user.id) if body.password is None else None
    return models.CreatedUser(_user(context.call(users.one, user.id)), invitation)


@resource.get("/api/admin/users/<user_id>/", answer=models.UserDetails, errors=(404,), **_USERS)
def users_one(context: RequestContext) -> object:
    """Show one user."""
    return _user(context.call(users.one, id_in_path(context, "user_id")))


@resource.post("/api/admin/users/<user_id>/", body=models.UserChange, answer=models.UserDetails, errors=(404, 409), **_USERS)
def users_change(context: RequestContext) -> object:
    """Change a user.

    Only the fields that are sent, all or none. In force on live sockets within two seconds. An API key that has an end, networks or scopes sets no password.
    """
    body: models.UserChange = context.body
    user_id = id_in_path(context, "user_id")
    context.call(users.change, user_id, body.role, body.password, body.disabled)
    return _user(context.call(users.one, user_id))


@resource.post("/api/admin/users/<user_id>/sign-out/", status=204, errors=(404,), **_USERS)
def users_sign_out(context: RequestContext) -> None:
    """End every sign-in of a user."""
    context.call(users.sign_out, id_in_path(context, "user_id"))


@resource.post("/api/admin/users/<user_id>/reset-link/", answer=models.Link, status=201, errors=(404,), **_USERS)
def users_reset(context: RequestContext) -> object:
    """Make a password-reset link.

    The answer holds its token, this once: open /admin/reset/<token> with it. It ends with the API key that made it; a key that has an end, networks or scopes makes none.
    """
    return models.Link(context.call(invitations.password_reset_link, id_in_path(context, "user_id")))


@resource.delete("/api/admin/users/<user_id>/", status=204, errors=(404, 409), **_USERS)
def users_delete(context: RequestContext) -> None:
    """Delete a user with all keys and sockets of the user."""
    context.call(users.delete, id_in_path(context, "user_id"))


def _user(view: UserView) -> models.UserDetails:
    return to_model(models.UserDetails, view, view.user)


# -- roles ----------------------------------------------------------------------------------------


@resource.get("/api/admin/roles/", answer=models.Roles, **_USERS)
def roles_list(context: RequestContext) -> object:
    """List roles and what they hold."""
    listed = [to_model(models.Role, view, view.role, says=view.role.description) for view in context.call(roles.listing)]
    return models.Roles(listed, len(listed))


@resource.post("/api/admin/roles/", body=models.NewRole, answer=models.Role, status=201, errors=(409,), **_USERS)
def roles_create(context: RequestContext) -> object:
    """Make a role, of permissions or like another one."""
    body: models.NewRole = context.body
    held = set(body.permissions)
    if body.like is not None:
        held |= context.call(roles.one, body.like).role.permissions
    created = context.call(roles.create, body.name, held, body.says)
    return to_model(models.Role, created, says=created.description, sockets=0)


@resource.post("/api/admin/roles/<name>/", body=models.RoleChange, answer=models.Role, errors=(404, 409), **_USERS)
def roles_change(context: RequestContext) -> object:
    """Give a role other permissions."""
    body: models.RoleChange = context.body
    name = context.path["name"]
    context.call(roles.change, name, body.permissions, body.says)
    view = context.call(roles.one, name)
    return to_model(models.Role, view, view.role, says=view.role.description)


@resource.delete("/api/admin/roles/<name>/", status=204, errors=(404, 409), **_USERS)
def roles_delete(context: RequestContext) -> None:
    """Delete a role that no user holds."""
    context.call(roles.delete, context.path["name"])


# -- keys -----------------------------------------------------------------------------------------


@resource.get("/api/admin/keys/", query=models.KeyQuery, answer=models.KeyPage, **_KEYS)
def keys_list(context: RequestContext) -> object:
    """List the API keys of all users, the newest first."""
    query: models.KeyQuery = context.query
    search = KeySearch(None, query.search, query.ended, query.limit + 1, before=number(decode_cursor(query.cursor)))
    found = context.call(keys.listing, search)
    listed, following = truncate(found.keys, lambda view: str(view.key.id), query.limit)
    return models.KeyPage([key_model(view) for view in listed], len(listed), found.total, following)


@resource.post("/api/admin/keys/", body=models.NewUserKey, answer=models.CreatedUserKey, status=201, errors=(404, 409), **_KEYS)
def keys_create(context: RequestContext) -> object:
    """Make a key for a user.

    The answer shows it, this once.
    """
    body: models.NewUserKey = context.body
    ends = None if body.expires_in is None else context.server.clock.wall() + body.expires_in
    user_id = _as_id(str(body.user_id))
    made = context.call(keys.create, user_id, body.kind, body.name, body.scopes, ends, body.networks)
    return models.CreatedUserKey(made.text, key_model(context.call(keys.one, made.key.id)))


@resource.post(
    "/api/admin/keys/<key_id>/rotate/",
    body=models.UserKeyRotation,
    answer=models.CreatedUserKey,
    status=201,
    errors=(404, 409),
    **_KEYS,
)
def keys_rotate(context: RequestContext) -> object:
    """Replace a key.

    The old one ends at once, or after `overlap` seconds. The answer shows the new one, this once.
    """
    made = context.call(keys.rotate, id_in_path(context, "key_id"), float(context.body.overlap))
    return models.CreatedUserKey(made.text, key_model(context.call(keys.one, made.key.id)))


@resource.delete("/api/admin/keys/<key_id>/", status=204, errors=(404,), **_KEYS)
def keys_revoke(context: RequestContext) -> None:
    """End a key and its sockets."""
    context.call(keys.revoke, id_in_path(context, "key_id"))


def key_model(view: keys.KeyView) -> models.Key:
    """The model of a key, for its owner and for operators."""
    key = view.key
    state = "revoked" if key.revoked_at is not None else "active" if view.is_active else "expired"
    return to_model(
        models.Key, view, key, user=key.user.name, user_id=key.user.id, uses_per_day=view.uses, works=view.is_active, state=state
    )


# -- settings -------------------------------------------------------------------------------------


@resource.get("/api/admin/settings/", answer=operation.Settings, **_SETTINGS)
def settings_list(context: RequestContext) -> object:
    """List every setting, its value and who chose it."""
    return operation.Settings([_setting(row) for row in context.call(setting_changes.rows)])


@resource.post("/api/admin/settings/preview/", body=operation.Changes, answer=operation.SettingsImpact, **_SETTINGS)
def settings_preview(context: RequestContext) -> object:
    """Say what a change would do to those who are connected.

    Counts the sockets of every process on this database, and changes nothing. The first request may take a second, until all
    processes have answered.
    """
    return to_model(operation.SettingsImpact, context.call(setting_changes.preview_change, context.body.changes))


@resource.post("/api/admin/settings/", body=operation.Changes, answer=operation.Settings, **_SETTINGS)
def settings_change(context: RequestContext) -> object:
    """Change settings, all or none; null chooses the default."""
    context.call(setting_changes.change, context.body.changes)
    return settings_list(context)


def _setting(setting: Setting) -> operation.Setting:
    row, value, default = setting.row, to_json(setting.value), to_json(setting.row.default)
    return to_model(operation.Setting, setting, row, says=row.description, value=value, default=default)


# -- live connections and the log -----------------------------------------------------------------


@resource.get("/api/admin/live/", query=operation.LiveQuery, answer=operation.LiveList, **_USERS)
def live_list(context: RequestContext) -> object:
    """List who is connected.

    To any process on this database; what another process says is at most two seconds old.
    """
    query: operation.LiveQuery = context.query
    found = context.call(sessions.listing, query.search, query.namespace)
    listed, following = page(found, lambda row: row.sid, query.limit, query.cursor)
    connections = [to_model(operation.Connection, row, key=row.key_name or None, topics=row.topics.split()) for row in listed]
    return operation.LiveList(
        connections, len(listed), len(found), following, dict(sessions.sessions_per_namespace(context.server))
    )


@resource.post("/api/admin/live/disconnect/", body=operation.Disconnect, answer=operation.Disconnected, errors=(404,), **_USERS)
def live_disconnect(context: RequestContext) -> object:
    """Disconnect clients.

    One, all of a key, all of a user, or all that are anonymous, on whichever process they are.
    """
    body: operation.Disconnect = context.body
    targets = {"socket": body.id, "anonymous": ""}
    target = targets[body.what] if body.what in targets else str(_as_id(body.id))
    what = "session" if body.what == "socket" else body.what
    return operation.Disconnected(context.call(sessions.disconnect, what, target))


@resource.get(
    "/api/admin/audit/", access=IDENTIFIED, permission=audit_log.PERMISSION, query=operation.AuditQuery, answer=operation.Audit
)
def audit_list(context: RequestContext) -> object:
    """Read the audit log, the newest first."""
    query: operation.AuditQuery = context.query
    since, until = wall_of(query.since), wall_of(query.until)
    search = audit_log.Search(query.actor, query.action, query.object, query.address, since, until)
    rows = context.call(audit_log.page, search, query.limit + 1, number(decode_cursor(query.cursor)))
    listed, following = truncate(rows, lambda row: str(row.id), query.limit)
    return operation.Audit([to_model(operation.Entry, row) for row in listed], len(listed), following)
