"""Ground floor: the table of permissions, features and built-in roles.

Law: a permission that the code checks has a row here; the panel's checkboxes, the policy's
verdicts, the docs and the tests are made from these rows. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One right, named `feature.action`."""

    name: str
    says: str

    @property
    def feature(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_view(self) -> bool:
        """Whether it only shows the sky. Seeing the audit log shows operators, not the sky."""
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

OPERATES: frozenset[str] = frozenset({"users.manage", "keys.manage", "settings.manage", "audit.view"})
"""Whoever holds any of these operates the installation. It is one, whatever sky one sees: no test key holds them."""

FEATURES: tuple[str, ...] = ("aircraft", "safety", "stats", "acars", "airspace", "notams", "cannonball", "alerts", "audio")
"""The features whose access the operator sets in FEATURE_ACCESS; each is seen with `<feature>.view`."""

ACCESS_LEVELS: tuple[str, ...] = ("public", "authenticated", "permission")
"""Anyone / any identity / an identity that holds the permission."""

ALWAYS_IDENTIFIED: frozenset[str] = frozenset({"alerts"})
"""Features that hold somebody's own data: an anonymous client has none, whatever the mode says."""

BUILTIN_ROLES: dict[str, frozenset[str]] = {
    "viewer": VIEWS - {"audio.view"},
    "operator": VIEWS | {"safety.acknowledge", "alerts.edit", "audio.upload"},
    "admin": PERMISSION_NAMES,
}
