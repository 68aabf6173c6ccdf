"""Access tokens and refresh tokens: issued, identified, refreshed and revoked.

Invariants: a token only identifies its sign-in; name, role and permissions are read from the database each time. Access tokens
are JWTs of one algorithm; refresh tokens are random, stored as digests, and work once; API keys are in apikeys.py. No token is
shown or logged.

An access token's `kid` selects between the current and the former secret key, and has no other effect. A session admitted by a
token of the former key stays until that token expires, also when the former key is no longer accepted.

A refresh token used twice ends its family (the sign-in), also when two requests use it at the same moment: the first gets new
tokens, the second ends them. A client must therefore not refresh in parallel.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import jwt

from skyspy.auth.apikeys import ApiKeys, looks_like_key, principal_of_key
from skyspy.auth.principal import ANONYMOUS, Principal, PrincipalRef, TokenError, principal_of_family
from skyspy.auth.secret import Secret
from skyspy.auth.signin import InvalidCredentials, SignIn
from skyspy.auth.throttle import Throttled, TokenThrottle
from skyspy.clock import Clock
from skyspy.store import Store, StoreError, audit, families, keys
from skyspy.store.audit import Actor
from skyspy.store.families import Family, TokenExchange
from skyspy.store.settings import SettingsTable

__all__ = ["InvalidCredentials", "IssuedTokens", "Throttled", "TokenError", "Tokens"]

ISSUER = AUDIENCE = "skyspy"
ALGORITHM = "HS256"
REFRESH_PREFIX = "rt_"
_MAX_TOKEN_CHARS = 4096
_SKEW_S = 60.0
"""How far the clock of another host of the same installation may be ahead."""

_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_CLAIMS = ("iss", "aud", "sub", "jti", "iat", "nbf", "exp", "typ", "fam")
_MAX_REFUSALS = 1000
MAX_TIME = 253_402_300_799
"""The end of the year 9999 (wall seconds): no token lives longer, and later times cannot be written as a date."""
K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """The result of a sign-in or refresh: both tokens, the access token's lifetime in seconds, and the principal."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    user: Principal
    token_type: str = "Bearer"  # noqa: S105 - the kind of a token, none itself


class Tokens:
    """Issues, identifies, refreshes and revokes tokens."""

    def __init__(
        self, store: Store, settings: SettingsTable, secret: Secret, sign_in: SignIn, api_keys: ApiKeys, clock: Clock
    ) -> None:
        self._store = store
        self._settings = settings
        self._secret = secret
        self._sign_in = sign_in
        self._api_keys = api_keys
        self._clock = clock
        self._throttle = TokenThrottle()
        self._refused: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        """Refused tokens and keys by code, since the start."""

    def identify(self, token: object, client: str | None = None) -> Principal | None:
        """The principal of a token or API key; None where none was given (None or ""). `client` is the address it came from.

        Raises TokenError (`rate_limited` where the address sent too many invalid ones), StoreError.
        """
        if token is None or token == "":
            return None
        try:
            return self._identify(token, client)
        except TokenError as error:
            raise self._counted(error, client or "") from None

    def login(self, username: object, password: object, client: str) -> IssuedTokens:
        """Sign in. Raises InvalidCredentials, Throttled, StoreError."""
        settings = self._settings.fresh()
        signed = self._sign_in.check(username, password, client, settings)
        family_id, refresh = secrets.token_hex(16), _new_refresh()
        now = self._clock.wall()
        ends = now + settings.JWT_REFRESH_SECONDS
        actor = Actor("user", signed.user.name, client)
        digest = _digest(self._secret, refresh)
        if not self._store.write(families.start, family_id, signed.user, digest, ends, signed.new_hash, actor, now):
            self._sign_in.record_failure(signed.user, client)
            raise InvalidCredentials
        self._sign_in.succeeded(signed)
        return self._grant(Family(family_id, signed.user, now, ends, None), refresh, settings.JWT_ACCESS_SECONDS)

    def refresh(self, token: object, client: str = "") -> IssuedTokens:
        """Exchange a refresh token for a new pair. Raises TokenError, StoreError."""
        settings = self._settings.fresh()
        new, done = _new_refresh(), TokenExchange("unknown")
        for old in self._refresh_digests(token):
            digest, lifetime, at = _digest(self._secret, new), settings.JWT_REFRESH_SECONDS, self._clock.wall()
            done = self._store.write(families.exchange, old, digest, lifetime, client, at)
            if done.outcome != "unknown":
                break
        if done.outcome == "good" and done.family is not None:
            return self._grant(done.family, new, settings.JWT_ACCESS_SECONDS)
        code = {"unknown": "token_invalid", "expired": "token_expired"}.get(done.outcome, "token_revoked")
        raise self._counted(TokenError(code), client)

    def revoke(self, token: object, client: str = "") -> bool:
        """End the family of a refresh or access token. False where there was nothing to end, which is no error for the client:
        the token does not work either way. Raises StoreError."""
        digests = self._refresh_digests(token)
        family = None
        if digests:
            found = (self._store.read(families.by_refresh_digest, digest) for digest in digests)
            family = next((one for one in found if one is not None), None)
        elif isinstance(token, str) and len(token) <= _MAX_TOKEN_CHARS and (claims := self._claims(token)) is not None:
            family = self._store.read(families.by_ids, [claims["fam"]]).get(claims["fam"])
        if family is None or family.revoked_at is not None:
            return False
        actor = Actor("user", family.user.name, client)
        return self._store.write(families.end, family, "revoked", actor, self._clock.wall())

    def access(self, family: Family, lifetime_s: int) -> IssuedTokens:
        """An access token of an active family, without a refresh token: for pages of the panel, which request another in time."""
        return self._grant(family, "", lifetime_s)

    def reauthorize(self, refs: Iterable[PrincipalRef]) -> dict[PrincipalRef, Principal | TokenError]:
        """The current principal of each reference, or the error that ends its session. Raises StoreError.

        Makes one query for all keys and one for all sign-ins, however many there are.
        """
        wanted = set(refs)
        held = self._store.read(keys.by_ids, [ref.key_id for ref in wanted if ref.key_id is not None])
        sign_ins = self._store.read(families.by_ids, [ref.family_id for ref in wanted if ref.family_id is not None])
        now = self._clock.wall()

        def look_up(ref: PrincipalRef) -> Principal | TokenError:
            if ref.kind == "anonymous":
                return ANONYMOUS
            try:
                if ref.kind == "key":
                    return principal_of_key(_require(held, ref.key_id), now)
                return _active_principal(_require(sign_ins, ref.family_id), ref.expires_at, now)
            except TokenError as error:
                return error

        return {ref: look_up(ref) for ref in wanted}

    def flush(self) -> None:
        """Write the refused tokens counted since the last call to the audit log, one row for each code and address. Raises
        StoreError, and keeps what was not written."""
        refused, self._refused = self._refused, Counter()
        if not refused:
            return
        rows = [
            (Actor("anonymous", "", address), "token.refused", code, {"times": times})
            for (code, address), times in refused.items()
        ]
        try:
            self._store.write(audit.record_all, rows, self._clock.wall())
        except StoreError:
            self._refused.update(refused)
            raise

    def _grant(self, family: Family, refresh: str, lifetime_s: int) -> IssuedTokens:
        now = int(self._clock.wall())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(family.user.id), "typ": "access", "fam": family.id}
        once = {"jti": secrets.token_hex(16), "iat": now, "nbf": now, "exp": now + lifetime_s}
        access = jwt.encode(claims | once, _jwt_key(self._secret), ALGORITHM, {"kid": self._secret.id})
        return IssuedTokens(access, refresh, lifetime_s, _active_principal(family, float(now + lifetime_s), now))

    def _identify(self, token: object, client: str | None) -> Principal:
        if not isinstance(token, str) or len(token) > _MAX_TOKEN_CHARS:
            raise TokenError("token_invalid")
        return self._api_keys.identify(token, client) if looks_like_key(token) else self._identify_jwt(token)

    def _identify_jwt(self, token: str) -> Principal:
        claims = self._claims(token)
        if claims is None:
            raise TokenError("token_invalid")
        now = self._clock.wall()
        if now >= claims["exp"]:
            raise TokenError("token_expired")
        if claims["nbf"] > now + _SKEW_S or claims["iat"] > now + _SKEW_S:
            raise TokenError("token_invalid")
        family = _require(self._store.read(families.by_ids, [claims["fam"]]), claims["fam"])
        if str(family.user.id) != claims["sub"]:
            raise TokenError("token_invalid")
        return _active_principal(family, float(claims["exp"]), now)

    def _claims(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token with a valid signature, expired or not; None for anything else."""
        if not _JWT.match(token):
            return None
        # The caller checks the times, by the injected clock; the library checks all else, with the one algorithm.
        options: Any = {"require": list(_CLAIMS), "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            key = self._signing_key(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        texts = all(isinstance(claims[name], str) for name in ("sub", "jti", "fam"))
        numbers = all(type(claims[name]) is int and 0 <= claims[name] <= MAX_TIME for name in ("iat", "nbf", "exp"))
        # The library takes a list that holds the audience too; ours names one.
        return claims if texts and numbers and claims["typ"] == "access" and claims["aud"] == AUDIENCE else None

    def _signing_key(self, kid: object) -> bytes | None:
        """The signing key that `kid` names, if it is accepted now; without a `kid` the current one."""
        named = (secret for secret in self._secret.accepted if kid in (None, secret.id))
        found = next(named, None)
        return None if found is None else _jwt_key(found)

    def _refresh_digests(self, token: object) -> list[str]:
        """The digests that a refresh token may be stored under, the current key's first; none for any other text."""
        if not isinstance(token, str) or not token.startswith(REFRESH_PREFIX) or len(token) > _MAX_TOKEN_CHARS:
            return []
        return [_digest(secret, token) for secret in self._secret.accepted]

    def _counted(self, error: TokenError, client: str) -> TokenError:
        """Count an invalid token; returns what to answer: this error, or rate_limited where its address sent too many."""
        self.refused[error.code] += 1
        about = (error.code, client)
        if about not in self._refused and len(self._refused) >= _MAX_REFUSALS:
            about = (error.code, "many others")
        self._refused[about] += 1
        wait = self._throttle.count_bad(client, self._settings.current, self._clock.steady())
        return error if wait is None else TokenError("rate_limited", retry_after=wait)


def _jwt_key(secret: Secret) -> bytes:
    return secret.key("access token")


def _digest(secret: Secret, refresh: str) -> str:
    return secret.digest("refresh token", refresh)


def _new_refresh() -> str:
    return REFRESH_PREFIX + secrets.token_urlsafe(32)


def _require(found: Mapping[K, T], wanted: K | None) -> T:
    """The entry of `wanted`. Raises TokenError (`token_revoked`) for a missing one: its row was deleted."""
    if wanted is None or wanted not in found:
        raise TokenError("token_revoked")
    return found[wanted]


def _active_principal(family: Family, ends: float | None, now: float) -> Principal:
    """The principal of a sign-in; raises TokenError where it is revoked or expired. `ends` and `now` are wall seconds."""
    if family.revoked_at is not None or family.user.disabled:
        raise TokenError("token_revoked")
    if ends is None or now >= ends:
        raise TokenError("token_expired")
    return principal_of_family(family, ends)
