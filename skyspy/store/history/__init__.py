"""The history store: records of traffic, in its own database file or schema, with its own connections, migrations and writer.

Accounts, settings and permissions stay in the main store. Rows that are written often and in bulk are here, so that they never
delay a sign-in, a changed setting or an eviction, and so that losing this database loses nothing else.
"""

from skyspy.store.history.memory import MemoryHistory
from skyspy.store.history.store import HistoryStatus, HistoryStore

__all__ = ["HistoryStatus", "HistoryStore", "MemoryHistory"]
