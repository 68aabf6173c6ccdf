"""The native threads that the receivers of one sky share: for resolving names, and for decoding large documents.

They are apart from gevent's default pool and from each other, so that lookups which hang keep no document waiting.
"""

from __future__ import annotations

from skyspy.outbound.resolver import Lookup, Resolver, system_lookup
from skyspy.store.worker_pool import WorkerPool

DECODING_THREADS = 2
MAX_WAITING = 1000
PATIENCE_SECONDS = 30.0
"""A document that could not be decoded for so long is given up: a newer one can be had."""


class Workers:
    """A Resolver and a pool for decoding. Threads start at the first use. `lookup` is replaced in tests."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self.resolver = Resolver(lookup)
        self.decoding = WorkerPool(DECODING_THREADS, MAX_WAITING, PATIENCE_SECONDS, native=True)

    def close(self) -> None:
        """End the threads as soon as their jobs have ended; a later use starts new ones."""
        self.resolver.close()
        self.decoding.close()
