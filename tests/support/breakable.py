"""Parts of a server that fail, or let something happen meanwhile, when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from skyspy.auth.principal import Principal, PrincipalRef, TokenError
from skyspy.auth.tokens import Tokens
from skyspy.store.settings import Settings, SettingsTable


class BreakableSettings(SettingsTable):
    """Settings that cannot be read while `fault` is set: it is raised instead."""

    fault: BaseException | None = None

    def fresh(self, max_age: float = 0.25) -> Settings:
        if self.fault is not None:
            raise self.fault
        return super().fresh(max_age)


class BreakableTokens(Tokens):
    """Tokens whose look-ups raise `fault` or `reauthorize_fault` while that is set.

    `while_identifying` is called with each token before it is looked up, `while_reauthorizing` after the accounts were read.
    """

    fault: BaseException | None = None
    reauthorize_fault: BaseException | None = None

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.while_identifying: Callable[[object], object] = lambda _token: None
        self.while_reauthorizing: Callable[[], object] = lambda: None

    def identify(self, token: object, client: str | None = None) -> Principal | None:
        if self.fault is not None:
            raise self.fault
        self.while_identifying(token)
        return super().identify(token, client)

    def reauthorize(self, refs: Iterable[PrincipalRef]) -> dict[PrincipalRef, Principal | TokenError]:
        if self.reauthorize_fault is not None:
            raise self.reauthorize_fault
        found = super().reauthorize(refs)
        self.while_reauthorizing()
        return found
