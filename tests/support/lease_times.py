"""Shorter times of the lease of the history, for tests that wait for takeovers by the clock."""

from __future__ import annotations

from skyspy.store.history.writer import LEASE_TIMES, LOOK_S, LOST_S, RENEW_S, LeaseTimes

LEASES = {"shipped": LEASE_TIMES, "half": LeaseTimes(LOOK_S / 2, RENEW_S / 2, LOST_S / 2)}
"""By the value of TEST_LEASE, which the server of tests/wire/history_seconds.py reads; tests/wire/half_lease.py has the half."""
