"""Tables of permissions, features and built-in roles. Access decisions are made in auth/policy.py.

Invariant: every permission that the code checks has a row here. The panel's checkboxes, the policy, the docs and the tests
are made from these rows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission; `name` is `feature.action`."""

    name: str
    description: str

    @property
    def feature(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_view(self) -> bool:
        """Whether it gives read access to received data. audit.view does not: the audit log is for operators."""
        return self.name.endswith(".view") and self.feature != "audit"


PERMISSIONS: tuple[Permission, ...] = (
    Permission("aircraft.view", "See aircraft, their positions and trails"),
    Permission("safety.view", "See safety events"),
    Permission("safety.acknowledge", "Acknowledge safety events"),
    Permission("alerts.view", "See own alert rules and what they triggered"),
    Permission("alerts.edit", "Create and change own alert rules"),
    Permission("acars.view", "Read ACARS, VDL2 and HFDL messages"),
    Permission("airspace.view", "See airspace advisories"),
    Permission("notams.view", "See NOTAMs and flight restrictions"),
    Permission("stats.view", "See statistics of the receivers and the sky"),
    Permission("audio.view", "Listen to airband transmissions and read their transcripts"),
    Permission("audio.upload", "Upload recorded transmissions"),
    Permission("cannonball.view", "Use the mobile threat display"),
    Permission("history.view", "Search past sightings"),
    Permission("users.manage", "Create, change, disable and delete users and roles"),
    Permission("keys.manage", "Create, rotate and revoke anybody's API keys"),
    Permission("settings.manage", "Change settings, the auth mode and feeds"),
    Permission("audit.view", "Read the audit log"),
)

PERMISSION_NAMES: frozenset[str] = frozenset(p.name for p in PERMISSIONS)

VIEWS: frozenset[str] = frozenset(p.name for p in PERMISSIONS if p.is_view)

OPERATOR_PERMISSIONS: frozenset[str] = frozenset({"users.manage", "keys.manage", "settings.manage", "audit.view"})
"""Permissions to operate the installation. Test keys never have them, because there is only one installation, while test
keys see the sandbox."""

FEATURES: tuple[str, ...] = (
    "aircraft",
    "safety",
    "stats",
    "acars",
    "airspace",
    "notams",
    "cannonball",
    "alerts",
    "history",
    "audio",
)
"""Features whose access level the setting FEATURE_ACCESS holds; the permission to see one is `<feature>.view`."""

ACCESS_LEVELS: tuple[str, ...] = ("public", "authenticated", "permission")
"""Anyone; any identity; an identity with the permission."""

ALWAYS_IDENTIFIED: frozenset[str] = frozenset({"alerts"})
"""Features with data per user: an anonymous client never has access, in any auth mode."""

BUILTIN_ROLES: dict[str, frozenset[str]] = {
    "viewer": VIEWS - {"audio.view"},
    "operator": VIEWS | {"safety.acknowledge", "alerts.edit", "audio.upload"},
    "admin": PERMISSION_NAMES,
}
