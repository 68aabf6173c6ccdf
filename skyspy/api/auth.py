"""Interfaces: REST: signing in, and one's own API keys.

Invariants: auth/ checks passwords, tokens and keys. A key is shown once, in the answer that created
it. Keys are managed by users who signed in with a password: a leaked key cannot create another.
"""

from __future__ import annotations

import sys

from skyspy.api import account_models as models
from skyspy.api.convert import to_model
from skyspy.api.errors import ApiError, not_found
from skyspy.api.gate import refusal, throttled
from skyspy.api.operators import key_model
from skyspy.api.paging import page
from skyspy.api.routes import IDENTIFIED, OPEN, SIGNED_IN, RequestContext, Resource
from skyspy.auth import apikeys
from skyspy.auth.policy import may
from skyspy.auth.principal import TokenError
from skyspy.auth.tokens import InvalidCredentials, IssuedTokens, Throttled
from skyspy.permissions import PERMISSION_NAMES
from skyspy.services import keys
from skyspy.store.keys import KeySearch

resource = Resource("Signing in", "Tokens for people, keys for programs.")


@resource.post("/api/auth/token/", access=OPEN, body=models.Login, answer=models.TokenPair, errors=(401,))
def token_get(context: RequestContext) -> object:
    """Sign in with a name and a password.

    An unknown name, a wrong password and a disabled user are answered alike.
    """
    body: models.Login = context.body
    try:
        return _pair(context.server.tokens.login(body.username, body.password, context.address))
    except InvalidCredentials as error:
        raise ApiError(
            401, error.code, f"{error.message}. Try again, or ask the operator for a new password", headers=_CHALLENGE
        ) from error
    except Throttled as error:
        raise throttled(error.retry_after, error.code) from error


@resource.post("/api/auth/token/refresh/", access=OPEN, body=models.Refresh, answer=models.TokenPair, errors=(401,))
def token_refresh(context: RequestContext) -> object:
    """Exchange a refresh token for a new pair of tokens.

    A refresh token works once. Using one twice ends the whole sign-in it belongs to.
    """
    body: models.Refresh = context.body
    try:
        return _pair(context.server.tokens.refresh(body.refresh, context.address))
    except TokenError as error:
        if error.code == "rate_limited":
            raise throttled(error.retry_after or 1.0) from error
        raise refusal(error.code, f"{error.message}. Sign in again with POST /api/auth/token/", advise=False) from error


@resource.post("/api/auth/token/revoke/", access=OPEN, body=models.Revoke, status=204)
def token_revoke(context: RequestContext) -> None:
    """Sign out.

    Ends the sign-in that the token belongs to: all its tokens, and the sockets that use them. Answers the same for a token that is good for nothing: it does not work either way.
    """
    body: models.Revoke = context.body
    context.server.tokens.revoke(body.token, context.address)


@resource.get("/api/auth/me/", access=IDENTIFIED, answer=models.Me)
def me(context: RequestContext) -> object:
    """Show the caller and what the caller may do."""
    caller = context.principal
    granted = sorted(name for name in PERMISSION_NAMES if may(caller, name, context.settings))
    return to_model(models.Me, caller, permissions=granted, key=caller.key_name or None)


@resource.get("/api/auth/keys/", access=SIGNED_IN, query=models.PageQuery, answer=models.KeyPage)
def keys_list(context: RequestContext) -> object:
    """List your own API keys.

    Ended ones too. The keys themselves are never shown again.
    """
    query: models.PageQuery = context.query
    own = _own_keys(context)
    listed, following = page(own, lambda view: f"{view.key.id:012d}", query.limit, query.cursor)
    return models.KeyPage([key_model(view) for view in listed], len(listed), len(own), following)


@resource.post("/api/auth/keys/", access=SIGNED_IN, body=models.NewKey, answer=models.CreatedKey, status=201, errors=(409,))
def keys_create(context: RequestContext) -> object:
    """Create an API key for yourself.

    The answer shows it, this once. It can never do more than you can, and no more than its scopes say.
    """
    body: models.NewKey = context.body
    ends = None if body.expires_in is None else context.server.clock.wall() + body.expires_in
    user_id = _user_id(context)
    return _created(context, context.call(keys.create, user_id, body.kind, body.name, body.scopes, ends, body.networks))


@resource.post(
    "/api/auth/keys/<key_id>/rotate/",
    access=SIGNED_IN,
    body=models.Rotation,
    answer=models.CreatedKey,
    status=201,
    errors=(404, 409),
)
def keys_rotate(context: RequestContext) -> object:
    """Replace one of your keys.

    Makes a new one like it and shows it, this once. The old one ends at once, or after `overlap` seconds.
    """
    return _created(context, context.call(keys.rotate, _own_key(context), float(context.body.overlap)))


@resource.delete("/api/auth/keys/<key_id>/", access=SIGNED_IN, status=204, errors=(404,))
def keys_revoke(context: RequestContext) -> None:
    """End one of your keys.

    At once, and the sockets that use it. Doing it twice is no error.
    """
    context.call(keys.revoke, _own_key(context))


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="SkySpy"'}


def _pair(grant: IssuedTokens) -> models.TokenPair:
    return to_model(models.TokenPair, grant, user=to_model(models.User, grant.user))


def _user_id(context: RequestContext) -> int:
    user_id = context.principal.user_id
    assert user_id is not None, "the gate admits only users"  # noqa: S101 - a programming error
    return user_id


def _own_keys(context: RequestContext) -> list[keys.KeyView]:
    return context.call(keys.listing, KeySearch(_user_id(context), limit=sys.maxsize)).keys


def _own_key(context: RequestContext) -> int:
    """The id in the path, if it is of a key of the caller's; others' keys are answered like missing ones."""
    text = context.path["key_id"]
    if text not in (str(view.key.id) for view in _own_keys(context)):
        raise not_found(f"You have no key with the id {text[:20]}; /api/auth/keys/ lists yours")
    return int(text)


def _created(context: RequestContext, made: apikeys.MadeKey) -> models.CreatedKey:
    return models.CreatedKey(made.text, key_model(context.call(keys.one, made.key.id)))
