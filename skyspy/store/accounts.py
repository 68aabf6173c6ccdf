"""Accounts: who there is, each question and each change as one transaction.

Law: here the nouns (users, roles, keys, families) meet the store. Every change is kept with its audit row and a raised
version, or not at all. What somebody may change is not decided here: that is the doors', by auth/policy.py.

Every method raises StoreBusy or StoreError when the database cannot be used; those that change
something raise AccountError, with one line for whoever asked, and NotFound where there is no such thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skyspy.clock import Clock
from skyspy.store import Store, families, keys, roles, users
from skyspy.store.audit import SYSTEM, Actor
from skyspy.store.families import Exchange, Family
from skyspy.store.keys import Key, KeySearch, KeysFound, NewKey, Use
from skyspy.store.roles import ADMIN, AccountError, NotFound, Role
from skyspy.store.users import User

__all__ = [
    "ADMIN",
    "SYSTEM",
    "AccountError",
    "Accounts",
    "Actor",
    "Exchange",
    "Family",
    "Key",
    "NewKey",
    "NotFound",
    "Role",
    "Use",
    "User",
]


class Accounts:
    """The accounts of one store. Ids are for life: none is ever given again."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self.store = store
        self.clock = clock or Clock()

    # Users

    def user_by_name(self, name: str) -> User | None:
        """The user of that name in any case, or None."""
        return self.store.read(lambda c: users.by_name(c, name))

    def user_by_id(self, user_id: int) -> User:
        return self.store.read(lambda c: users.by_id(c, user_id))

    def users_by_id(self, ids: Iterable[int]) -> Mapping[int, User]:
        """Those of the users that exist."""
        wanted = list(ids)
        return self.store.read(lambda c: users.by_ids(c, wanted))

    def users(self) -> list[User]:
        """All users, by name."""
        return self.store.read(users.every)

    def matching_users(self, search: str, limit: int, offset: int = 0, after: str | None = None) -> tuple[list[User], int]:
        """Some users by name, and how many match in all (see users.matching)."""
        return self.store.read(lambda c: users.matching(c, search, limit, offset, after))

    def count_users(self) -> int:
        return self.store.read(users.count)

    def create_user(self, name: str, role: str, password_hash: str | None, actor: Actor) -> User:
        """Make a user; one without a password hash cannot sign in yet."""
        at = self.clock.wall()
        return self.store.write(lambda c: users.create(c, name, role, password_hash, actor, at))

    def set_role(self, user_id: int, role: str, actor: Actor) -> User:
        """Give a user another role; refused for the last administrator."""
        at = self.clock.wall()
        return self.store.write(lambda c: users.set_role(c, user_id, role, actor, at))

    def set_disabled(self, user_id: int, disabled: bool, actor: Actor) -> User:
        """Disable or enable a user; refused for the last administrator."""
        at = self.clock.wall()
        return self.store.write(lambda c: users.set_disabled(c, user_id, disabled, actor, at))

    def set_password_hash(self, user_id: int, password_hash: str, actor: Actor) -> User:
        """Change a password: every sign-in with the old one ends."""
        at = self.clock.wall()
        return self.store.write(lambda c: users.set_password(c, user_id, password_hash, actor, at))

    def sign_out_everywhere(self, user_id: int, actor: Actor) -> None:
        at = self.clock.wall()
        self.store.write(lambda c: users.sign_out_everywhere(c, user_id, actor, at))

    def delete_user(self, user_id: int, actor: Actor) -> None:
        """Delete a user, his keys and sign-ins; refused for the last administrator."""
        at = self.clock.wall()
        self.store.write(lambda c: users.remove(c, user_id, actor, at))

    # Roles

    def roles(self) -> list[Role]:
        """All roles, the built-in ones first, each with how many users hold it."""
        return self.store.read(roles.every)

    def role_by_name(self, name: str) -> Role:
        return self.store.read(lambda c: roles.by_name(c, name))

    def create_role(self, name: str, permissions: frozenset[str], actor: Actor, says: str = "") -> Role:
        at = self.clock.wall()
        return self.store.write(lambda c: roles.create(c, name, permissions, says, actor, at))

    def change_role(self, name: str, permissions: frozenset[str], actor: Actor, says: str | None = None) -> Role:
        at = self.clock.wall()
        return self.store.write(lambda c: roles.change(c, name, permissions, says, actor, at))

    def delete_role(self, name: str, actor: Actor) -> None:
        """Remove a role of the operator's own; refused while somebody holds it."""
        at = self.clock.wall()
        self.store.write(lambda c: roles.remove(c, name, actor, at))

    # Keys. The keys themselves are made by auth/apikeys.py, which calls these with their digest.

    def key_by_digest(self, digest: str) -> Key | None:
        return self.store.read(lambda c: keys.by_digest(c, digest))

    def key_by_id(self, key_id: int) -> Key:
        return self.store.read(lambda c: keys.by_id(c, key_id))

    def keys_by_id(self, ids: Iterable[int]) -> Mapping[int, Key]:
        """Those of the keys that exist."""
        wanted = list(ids)
        return self.store.read(lambda c: keys.by_ids(c, wanted))

    def keys_of(self, user_id: int) -> list[Key]:
        """One user's keys, the ended ones too."""
        return self.store.read(lambda c: keys.every(c, user_id))

    def keys(self) -> list[Key]:
        return self.store.read(keys.every)

    def matching_keys(self, search: KeySearch) -> KeysFound:
        """Some keys, the newest first."""
        at = self.clock.wall()
        return self.store.read(lambda c: keys.matching(c, search, at))

    def working_keys(self, user_ids: Iterable[int]) -> Mapping[int, int]:
        """How many keys of each user work now; a user without any is left out."""
        at, wanted = self.clock.wall(), list(user_ids)
        return self.store.read(lambda c: keys.working_per_user(c, wanted, at))

    def create_key(self, user_id: int, new: NewKey, actor: Actor) -> Key:
        """Keep a new key; refused where its scopes go beyond its owner's permissions."""
        at = self.clock.wall()
        return self.store.write(lambda c: keys.create(c, user_id, new, actor, at))

    def rotate_key(self, key_id: int, digest: str, hint: str, overlap_s: float, actor: Actor) -> Key:
        """Keep a key like an old one, which ends after `overlap_s` seconds; returns the new one."""
        at = self.clock.wall()
        return self.store.write(lambda c: keys.rotate(c, key_id, digest, hint, overlap_s, actor, at))

    def revoke_key(self, key_id: int, actor: Actor) -> Key:
        """End a key now."""
        at = self.clock.wall()
        return self.store.write(lambda c: keys.revoke(c, key_id, actor, at))

    def note_key_uses(self, uses: Mapping[int, Use]) -> None:
        """Write a batch of last uses, by key id."""
        self.store.write(lambda c: keys.note_uses(c, uses))

    def key_uses_since(self, ids: Iterable[int], first_day: int) -> Mapping[int, Mapping[int, int]]:
        """How often keys were used on each UTC day (days since 1970) from that one on, by key id and day."""
        wanted = list(ids)
        return self.store.read(lambda c: keys.uses_since(c, wanted, first_day))

    # Token families

    def families_by_id(self, ids: Iterable[str]) -> Mapping[str, Family]:
        """Those of the families that exist, each with its user."""
        wanted = list(ids)
        return self.store.read(lambda c: families.by_ids(c, wanted))

    def start_family(
        self, family_id: str, user: User, digest: str, expires_at: float, actor: Actor, new_hash: str | None = None
    ) -> bool:
        """Open a family for a user whose password was just checked; False where he changed meanwhile."""
        at = self.clock.wall()
        return self.store.write(lambda c: families.start(c, family_id, user, digest, expires_at, actor, at, new_hash))

    def exchange_refresh(self, old: str, new: str, lifetime_s: float, address: str) -> Exchange:
        """Take one refresh token for another; the second use of one ends its family."""
        at = self.clock.wall()
        return self.store.write(lambda c: families.exchange(c, old, new, lifetime_s, address, at))

    def family_of_refresh(self, digest: str) -> Family | None:
        return self.store.read(lambda c: families.of_token(c, digest))

    def end_family(self, family: Family, actor: Actor) -> bool:
        """End a family, as its user asked; False where it had ended already."""
        at = self.clock.wall()
        return self.store.write(lambda c: families.end(c, family, "revoked", actor, at))

    def prune(self) -> int:
        """Forget families that ended by age; returns how many."""
        at = self.clock.wall()
        return self.store.write(lambda c: families.prune(c, at))
