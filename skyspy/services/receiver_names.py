"""Application: what the receivers of a sky are called to those who may know where they stand.

Invariants: only those who hold `settings.manage` read or search by the names that statistics and sightings are stored under: these have host
and port in them. To others a listed receiver has its public name (`beast-1`), and one that is no longer listed that of its scheme.
"""

from __future__ import annotations

from collections.abc import Sequence

from skyspy.auth.policy import may
from skyspy.auth.principal import Principal
from skyspy.server import Server
from skyspy.sky import SkyView


def listed_names(view: SkyView, *, operates: bool) -> dict[str, str]:
    """The stored name of each listed receiver by the name that a caller reads. `operates`: it holds `settings.manage`."""
    shown = "name" if operates else "public_name"
    return {row[shown]: row["name"] for row in view.receivers.status()}


class ReceiverNames:
    """The names of one sky's receivers as one principal reads them."""

    def __init__(self, server: Server, principal: Principal) -> None:
        self._operates = may(principal, "settings.manage", server.settings.current)
        self._stored = listed_names(server.skies[principal.sky].view, operates=self._operates)
        self._shown = {name: shown for shown, name in self._stored.items()}

    def shown(self, stored: Sequence[str]) -> list[str]:
        """Stored names as this principal reads them, each once."""
        return list(dict.fromkeys(self._shown.get(name) or self._unlisted(name) for name in stored))

    def stored(self, shown: str) -> str:
        """The stored name to search for where this principal names a receiver so."""
        return self._stored.get(shown) or self._unlisted(shown)

    def _unlisted(self, name: str) -> str:
        return name if self._operates else name.partition("-")[0]
