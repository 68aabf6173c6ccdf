"""History: what a server saw, in a database file or schema of its own, with its own connections, migrations and writer.

Accounts, settings and all that decides who may do what stay in the main store. What is written often and in bulk lives here, so
that it never delays a sign-in, a changed setting or an eviction, and so that its loss is only its own.
"""

from skyspy.store.history.store import HistoryStatus, HistoryStore

__all__ = ["HistoryStatus", "HistoryStore"]
