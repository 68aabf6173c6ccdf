"""REST: signing in, and one's own API keys.

Law: nothing here decides whether a password, a token or a key is good; that is auth's. A key is shown once, in
the answer that made it. Whoever manages keys signed in himself: a key that leaked cannot make another.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from skyspy.api.account_models import (
    CreatedKey,
    KeyPage,
    Login,
    Me,
    NewKey,
    PageQuery,
    Refresh,
    Revoke,
    Rotation,
    TokenPair,
    User,
)
from skyspy.api.convert import shown
from skyspy.api.errors import ApiError, bad_fields, not_found
from skyspy.api.gate import refusal, throttled
from skyspy.api.operators import key_shown
from skyspy.api.paging import page
from skyspy.api.routes import IDENTIFIED, OPEN, SIGNED_IN, Asked, Resource
from skyspy.auth import apikeys
from skyspy.auth.policy import may, may_give
from skyspy.auth.principal import TokenError
from skyspy.auth.tokens import Grant, LoginError, Throttled
from skyspy.permissions import PERMISSION_NAMES
from skyspy.services import keys
from skyspy.services.caller import sentence
from skyspy.store.accounts import AccountError, NotFound
from skyspy.store.accounts import Key as StoredKey
from skyspy.store.keys import KeySearch

resource = Resource("Signing in", "Tokens for people, keys for programs.")


@resource.post("/api/auth/token/", access=OPEN, body=Login, answer=TokenPair, errors=(401,))
def token_get(asked: Asked) -> object:
    """Sign in with a name and a password.

    An unknown name, a wrong password and a disabled user are answered alike.
    """
    body: Login = asked.body
    try:
        return _pair(asked.server.tokens.login(body.username, body.password, asked.address))
    except LoginError as error:
        raise ApiError(
            401, error.code, f"{error.message}. Try again, or ask the operator for a new password", headers=_CHALLENGE
        ) from error
    except Throttled as error:
        raise throttled(error.retry_after, error.code) from error


@resource.post("/api/auth/token/refresh/", access=OPEN, body=Refresh, answer=TokenPair, errors=(401,))
def token_refresh(asked: Asked) -> object:
    """Exchange a refresh token for a new pair of tokens.

    A refresh token works once. Using one twice ends the whole sign-in it belongs to.
    """
    body: Refresh = asked.body
    try:
        return _pair(asked.server.tokens.refresh(body.refresh, asked.address))
    except TokenError as error:
        if error.code == "rate_limited":
            raise throttled(error.retry_after or 1.0) from error
        raise refusal(error.code, f"{error.message}. Sign in again with POST /api/auth/token/", advise=False) from error


@resource.post("/api/auth/token/revoke/", access=OPEN, body=Revoke, status=204)
def token_revoke(asked: Asked) -> object:
    """Sign out.

    Ends the sign-in that the token belongs to: all its tokens, and the sockets that use them. Answers the same for a token that is good for nothing: it does not work either way.
    """
    body: Revoke = asked.body
    asked.server.tokens.revoke(body.token, asked.address)
    return None


@resource.get("/api/auth/me/", access=IDENTIFIED, answer=Me)
def me(asked: Asked) -> object:
    """Show who asks and what he may do."""
    caller = asked.principal
    granted = sorted(name for name in PERMISSION_NAMES if may(caller, name, asked.settings))
    return shown(Me, caller, permissions=granted, key=caller.key_name or None)


@resource.get("/api/auth/keys/", access=SIGNED_IN, query=PageQuery, answer=KeyPage)
def keys_list(asked: Asked) -> object:
    """List your own API keys.

    Ended ones too. The keys themselves are never shown again.
    """
    query: PageQuery = asked.query
    found = keys.listing(asked.server, asked.caller, KeySearch(_user_id(asked), limit=sys.maxsize))
    listed, following = page(found.keys, lambda view: f"{view.key.id:012d}", query.limit, query.cursor)
    return KeyPage([key_shown(view) for view in listed], len(listed), found.total, following)


@resource.post("/api/auth/keys/", access=SIGNED_IN, body=NewKey, answer=CreatedKey, status=201)
def keys_create(asked: Asked) -> object:
    """Make an API key for yourself.

    The answer shows it, this once. It never may more than you may, and no more than its scopes say.
    """
    body: NewKey = asked.body
    scopes = None if body.scopes is None else frozenset(body.scopes)
    if unknown := sorted((scopes or frozenset()) - PERMISSION_NAMES):
        raise bad_fields({"scopes": f"{', '.join(unknown)[:200]}: no such permission; /api/auth/me/ lists yours"})
    if scopes is not None and not may_give(asked.principal, scopes):
        beyond = sorted(scopes - asked.principal.permissions)
        asked.server.tokens.refusals.note(asked.caller.actor, "The key", beyond)
        raise ApiError(403, "permission_denied", f"You do not hold {', '.join(beyond)}, so no key of yours can")
    now = asked.server.clock.wall()
    ends = None if body.expires_in is None else now + body.expires_in
    try:
        made = asked.server.tokens.keys.create(
            _user_id(asked), body.kind, body.name, asked.caller.actor, scopes, ends, body.networks
        )
    except AccountError as error:
        raise ApiError(400, "bad_request", sentence(error)) from error
    return _created(asked, made)


@resource.post(
    "/api/auth/keys/<key_id>/rotate/", access=SIGNED_IN, body=Rotation, answer=CreatedKey, status=201, errors=(404, 409)
)
def keys_rotate(asked: Asked) -> object:
    """Replace one of your keys.

    Makes a new one like it and shows it, this once. The old one ends at once, or after `overlap` seconds.
    """
    body: Rotation = asked.body
    key = _own(asked)
    try:
        made = asked.server.tokens.keys.rotate(key.id, asked.caller.actor, float(body.overlap))
    except NotFound:
        _no_key(asked)
    except AccountError as error:
        raise ApiError(409, "conflict", sentence(error)) from error
    return _created(asked, made)


@resource.delete("/api/auth/keys/<key_id>/", access=SIGNED_IN, status=204, errors=(404,))
def keys_revoke(asked: Asked) -> object:
    """End one of your keys.

    At once, and the sockets that use it. Doing it twice is no error.
    """
    try:
        asked.server.accounts.revoke_key(_own(asked).id, asked.caller.actor)
    except NotFound:
        _no_key(asked)
    return None


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="SkySpy"'}


def _pair(grant: Grant) -> TokenPair:
    return shown(TokenPair, grant, user=shown(User, grant.user))


def _user_id(asked: Asked) -> int:
    user_id = asked.principal.user_id
    assert user_id is not None, "the door let only users in"  # noqa: S101 - a bug of ours
    return user_id


def _own(asked: Asked) -> StoredKey:
    """The key in the path, if it is the caller's; of others' keys he learns nothing, not even that they are."""
    text = asked.path["key_id"]
    mine = asked.server.store.read(keys.every, _user_id(asked))
    return next((key for key in mine if str(key.id) == text), None) or _no_key(asked)


def _no_key(asked: Asked) -> NoReturn:
    raise not_found(f"You have no key with the id {asked.path['key_id'][:20]}; /api/auth/keys/ lists yours")


def _created(asked: Asked, made: apikeys.MadeKey) -> CreatedKey:
    return CreatedKey(made.text, key_shown(keys.one(asked.server, asked.caller, made.key.id)))
