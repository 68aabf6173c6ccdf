"""Secrets of destinations at rest: readable with the secret key alone, by their owner's row alone, and after a change of the key."""

from __future__ import annotations

import pytest

from skyspy.auth.secret import Secret
from skyspy.config import FormerKey
from skyspy.notify.destination import Destination
from skyspy.notify.vault import VaultError, resealed, seal, unseal
from tests.support.clock import StillClock

OLD, NEW = "a former secret key of the test, long enough", "the present secret key of the test, long enough"
VALUES = {"url": "https://hooks.example/canary", "secret": "whsec_canary"}


def test_s20_what_is_sealed_is_opened_for_its_owner() -> None:
    secret = Secret(OLD)
    sealed = seal(secret, 7, VALUES)
    assert unseal(secret, 7, sealed) == VALUES
    assert b"canary" not in sealed and b"hooks" not in sealed
    assert unseal(secret, 7, None) == {}


def test_the_same_values_are_never_sealed_alike() -> None:
    secret = Secret(OLD)
    assert len({seal(secret, 7, VALUES) for _ in range(100)}) == 100


def test_s33_sealed_values_in_another_owners_row_cannot_be_opened() -> None:
    secret = Secret(OLD)
    with pytest.raises(VaultError, match="enter them again"):
        unseal(secret, 8, seal(secret, 7, VALUES))


def test_without_the_key_and_after_any_change_of_a_byte_nothing_is_opened() -> None:
    secret = Secret(OLD)
    sealed = seal(secret, 7, VALUES)
    with pytest.raises(VaultError):
        unseal(Secret(NEW), 7, sealed)
    for place in range(len(sealed)):
        changed = bytes([*sealed[:place], sealed[place] ^ 1, *sealed[place + 1 :]])
        with pytest.raises(VaultError) as refused:
            unseal(secret, 7, changed)
        assert "canary" not in str(refused.value)
    for cut in (b"", sealed[:1], sealed[:12], sealed[:20], b"\x02" + sealed[1:]):
        with pytest.raises(VaultError):
            unseal(secret, 7, cut)


def test_after_a_change_of_the_key_the_former_one_opens_until_its_end_and_what_is_resealed_stays() -> None:
    clock = StillClock()
    sealed = seal(Secret(OLD), 7, VALUES)
    changed = Secret(NEW, FormerKey(OLD, clock.wall() + 3600), clock)
    assert unseal(changed, 7, sealed) == VALUES
    anew = resealed(changed, 7, sealed)
    assert anew is not None and resealed(changed, 7, anew) is None
    clock.pass_by(3601)
    with pytest.raises(VaultError):
        unseal(changed, 7, sealed)
    assert unseal(changed, 7, anew) == VALUES == unseal(Secret(NEW), 7, anew)


def test_the_key_is_of_this_purpose_alone() -> None:
    secret = Secret(OLD)
    assert secret.key("alert destinations") not in (secret.key("api keys"), secret.key("tokens"))


def test_s20_a_destination_shows_no_secret() -> None:
    assert "canary" not in repr(Destination(1, 7, "webhook", "x", {}, VALUES))
