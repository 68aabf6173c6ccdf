"""Position quality by the tables of the ADS-B standards (DO-260, DO-260A, DO-260B; UAT: DO-282B).

A message's type code and the aircraft's NIC supplement bits give `nic` and `rc`. Radii are metres, rounded up.
"""

from __future__ import annotations

_ANY = -1

# By type code: rows of (version, NIC supplement A, B, C, nic, rc) with _ANY as wildcard; the first match applies.
# An aircraft whose version is unknown counts as version 0.
_Row = tuple[int, int, int, int, int, int | None]
_TABLE: dict[int, tuple[_Row, ...]] = {
    5: ((_ANY, _ANY, _ANY, _ANY, 11, 8),),
    6: ((_ANY, _ANY, _ANY, _ANY, 10, 25),),
    7: ((2, 1, _ANY, 0, 9, 75), (1, 1, _ANY, _ANY, 9, 75), (_ANY, _ANY, _ANY, _ANY, 8, 186)),
    8: ((2, 1, _ANY, 1, 7, 371), (2, 1, _ANY, 0, 6, 556), (2, 0, _ANY, 1, 6, 1112), (_ANY, _ANY, _ANY, _ANY, 0, None)),
    9: ((_ANY, _ANY, _ANY, _ANY, 11, 8),),
    10: ((_ANY, _ANY, _ANY, _ANY, 10, 25),),
    11: ((2, 1, 1, _ANY, 9, 75), (1, 1, _ANY, _ANY, 9, 75), (_ANY, _ANY, _ANY, _ANY, 8, 186)),
    12: ((_ANY, _ANY, _ANY, _ANY, 7, 371),),
    13: ((2, 0, 1, _ANY, 6, 556), (2, 1, 1, _ANY, 6, 1112), (1, 1, _ANY, _ANY, 6, 1112), (_ANY, _ANY, _ANY, _ANY, 6, 926)),
    14: ((_ANY, _ANY, _ANY, _ANY, 5, 1852),),
    15: ((_ANY, _ANY, _ANY, _ANY, 4, 3704),),
    16: (
        (2, 1, 1, _ANY, 3, 7408),
        (1, 1, _ANY, _ANY, 3, 7408),
        (2, _ANY, _ANY, _ANY, 2, 14816),
        (1, _ANY, _ANY, _ANY, 2, 14816),
        (_ANY, _ANY, _ANY, _ANY, 1, 18520),
    ),
    17: ((_ANY, _ANY, _ANY, _ANY, 1, 37040),),
    18: ((_ANY, _ANY, _ANY, _ANY, 0, None),),
    20: ((_ANY, _ANY, _ANY, _ANY, 11, 8),),
    21: ((_ANY, _ANY, _ANY, _ANY, 10, 25),),
    22: ((_ANY, _ANY, _ANY, _ANY, 0, None),),
}

UAT_RC: dict[int, int] = {11: 8, 10: 25, 9: 75, 8: 186, 7: 371, 6: 1112, 5: 1852, 4: 3704, 3: 7408, 2: 14816, 1: 37040}
"""Radius of containment in metres by the NIC of a UAT message; NIC 0 means unknown and has no row."""


def _expand() -> dict[tuple[int, int, int, int, int], tuple[int, int | None]]:
    """The table with its wildcards expanded, so that each position message needs one lookup."""
    found: dict[tuple[int, int, int, int, int], tuple[int, int | None]] = {}
    for code, rows in _TABLE.items():
        for version in (0, 1, 2):
            for bits in range(8):
                key = (version, bits >> 2, bits >> 1 & 1, bits & 1)
                row = next(row for row in rows if all(want in (_ANY, have) for want, have in zip(row[:4], key, strict=True)))
                found[(code, *key)] = (row[4], row[5])
    return found


_NIC_RC = _expand()


def nic_rc(code: int, version: int, nic_a: int, nic_b: int, nic_c: int) -> tuple[int, int | None]:
    """`nic` and `rc` (metres; None: unknown) of a position message with type code `code` (5 to 22)."""
    return _NIC_RC.get((code, min(max(version, 0), 2), nic_a, nic_b, nic_c), (0, None))
