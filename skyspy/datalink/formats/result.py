"""What a format makes of one object: a Block, or a Verdict where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from skyspy.datalink.message import Block


class Verdict(Enum):
    """Why an object gives no Block. BAD: damaged, or in no form that is known. SKIPPED: whole, but it reports nothing that was
    received (a decoder's state, a list of routes)."""

    BAD = "bad"
    SKIPPED = "skipped"


Result = Block | Verdict
Dated = Callable[[float | None], float]
"""The steady seconds of a reception, from its time on the station's clock (wall seconds, None without one)."""
Read = Callable[[Mapping[str, Any], Dated], Result]
"""How a format is read. It never raises."""
