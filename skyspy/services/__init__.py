"""Application: what operators and users do, once, for the panel, `/api/admin/` and the command line.

Invariants: every function takes a Context or the Server and the Caller, and checks the caller's permissions itself. A caller may act
only on users, roles and keys whose permissions the caller holds too, and may grant no others. Nothing here knows requests, pages or
sockets: a service raises Refused, and the interface turns that into its own answer.
"""

from __future__ import annotations

from skyspy.services.caller import Caller, Refused

__all__ = ["Caller", "Refused"]
