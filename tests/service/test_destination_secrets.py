"""Claims about the secrets of alert destinations when the secret key is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyspy.app import tidy
from skyspy.auth.secret import Secret
from skyspy.config import FormerKey
from skyspy.notify import vault
from skyspy.notify.vault import VaultError
from skyspy.services import destination_secrets
from skyspy.store import Store, alert_destinations, users
from skyspy.store.alert_destinations import NewDestination
from skyspy.store.audit import Actor
from skyspy.store.owned import Owner
from tests.support.alert_site import DESTINATIONS, HOOK, made
from tests.support.clock import StillClock
from tests.support.shell import Shell
from tests.support.world import World

BOSS = Actor("user", "boss")
HUSH = {"url": "https://hooks.example.com/hush"}
KEY, FORMER = "secret_key", "secret_key.former"


def store_of(folder: Path) -> Store:
    return Store(f"sqlite:///{folder}/skyspy.db")


def plant(folder: Path, key: str, name: str = "ben") -> int:
    """A user's destination under this secret key; its id."""
    store = store_of(folder)
    owner = Owner(store.write(users.create, name, "operator", None, BOSS, 1.0).id, "live")
    new = NewDestination("Hook", "webhook", {}, vault.seal(Secret(key), owner.user_id, HUSH), None)
    found = store.write(alert_destinations.create, owner, new, BOSS, 1.0).id
    store.close()
    return found


def unsealed(folder: Path, key: str, destination_id: int) -> dict[str, str]:
    store = store_of(folder)
    found = store.read(alert_destinations.by_ids, [destination_id])[destination_id]
    store.close()
    return vault.unseal(Secret(key), found.owner_id, found.secrets)


@pytest.mark.parametrize("overlap", ["7d", "0s"])
def test_changing_the_key_encrypts_the_secrets_again(shell: Shell, tmp_path: Path, overlap: str) -> None:
    folder = tmp_path / "instance"
    del shell.environ["SKYSPY_SECRET_KEY"]
    assert shell.run("secret", "rotate", "--overlap", "1d").returncode == 0
    old = (folder / KEY).read_text().strip()
    found = plant(folder, old)
    other = plant(folder, "another key that nobody has any longer", "eve")
    said = shell.run("secret", "rotate", "--overlap", overlap, "--force").stdout
    new = (folder / KEY).read_text().strip()
    assert new != old
    assert unsealed(folder, new, found) == HUSH
    with pytest.raises(VaultError):
        unsealed(folder, old, found)
    with pytest.raises(VaultError):
        unsealed(folder, new, other)
    assert "The secrets of 1 alert destinations" in said
    assert "Those of 1 cannot be read" in said
    assert (folder / FORMER).exists() == (overlap != "0s")
    for secret in (old, new, HUSH["url"]):
        assert secret not in said


def test_a_server_encrypts_under_its_key_what_it_finds_under_the_former_one(world: World) -> None:
    token = world.key("ann", "operator")
    found = int(made(world, DESTINATIONS, HOOK, token)["id"])
    owner = world.user("ann")
    clock: StillClock = world.clock
    current = world.skyspy.config.secret_key
    former = Secret("f" * 40)
    sealed = vault.seal(former, owner, HUSH)
    world.store.write(alert_destinations.set_secrets, Owner(owner, "live"), found, sealed, BOSS, 1.0)
    assert destination_secrets.follow_key(world.skyspy) == 0
    later = Secret(current, FormerKey("f" * 40, clock.wall() + 60), clock)
    object.__setattr__(world.skyspy, "secret", later)
    tidy(world.skyspy)
    assert destination_secrets.follow_key(world.skyspy) == 0
    row = world.store.read(alert_destinations.by_ids, [found])[found]
    assert vault.unseal(Secret(current), owner, row.secrets) == HUSH
