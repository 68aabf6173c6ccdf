"""Hosts that asked to be left alone, for all sources that they serve."""

from __future__ import annotations

MAX_HOSTS = 64


class Hosts:
    """Until when each host is left alone, in steady seconds."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def until(self, host: str) -> float:
        """When the host may be asked again; 0.0 for one that asked for nothing, and for a file."""
        return self._until.get(host, 0.0)

    def leave_alone(self, host: str, until: float) -> None:
        """Ask the host nothing before `until`; an earlier end than the one in force changes nothing."""
        self._until[host] = max(until, self._until.pop(host, 0.0))
        if len(self._until) > MAX_HOSTS:
            del self._until[next(iter(self._until))]
