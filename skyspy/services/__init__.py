"""Heart: what an operator does, once, for the panel and for `/api/admin/` alike.

Law: every function takes the house and `caller` asks, and checks the right itself; no door has to
remember to. Nobody gives, takes or touches what is above himself: to act on somebody one must hold
everything that somebody holds. It knows no requests, pages or sockets; it raises Refused, and the doors say it.
"""

from __future__ import annotations

from skyspy.services.caller import Caller, Refused

__all__ = ["Caller", "Refused"]
