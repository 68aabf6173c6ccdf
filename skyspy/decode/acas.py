"""Resolution advisories of ACAS (TCAS): type code 28 sub-type 2, BDS 3,0 and DF16 have the same 56 bits after their first byte
(Doc 9871, tables A-2-48 and B-2-97b; Annex 10, Volume IV, 4.3.8.4.2.2).

The object has readsb's names: `ARA`, `RAC`, `RAT`, `MTE` and `TTI` are bits as text; `advisory` and `advisory_complement` are
the same in words, `threat_id_hex` the address of the other aircraft.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.clock import iso

_COMPLEMENTS = ("Do not pass below", "Do not pass above", "Do not turn left", "Do not turn right")
_SEVERAL = ("Correct upwards", "Climb required", "Correct downwards", "Descent required", "Crossing")
CLEAR = "Clear of Conflict"


def resolution_advisory(mb: int) -> dict[str, str] | None:
    """The advisory in 56 bits, or None if there is none or they contradict themselves."""
    active, ara = mb >> 47 & 1, mb >> 41 & 0x7F
    ended, several, kind, threat = mb >> 29 & 1, mb >> 28 & 1, mb >> 26 & 3, mb & 0x3FFFFFF
    if not (active or (several and ara)) or mb >> 34 & 0x7F or kind == 3 or (kind == 0 and threat):
        # Bits 16 to 22 are reserved. Without an advisory of its own, an aircraft may repeat that of another one.
        return None
    if kind == 1 and (threat & 3 or not 0 < threat >> 2 < 0xFFFFFF):
        return None
    complement = mb >> 30 & 0xF
    found = {
        "bytes": f"{mb:014X}",
        "ARA": f"{ara:07b}",
        "RAT": str(ended),
        "MTE": str(several),
        "RAC": f"{complement:04b}",
        "advisory_complement": "; ".join(words for place, words in enumerate(_COMPLEMENTS) if complement >> 3 - place & 1),
        "advisory": CLEAR if ended else _one_threat(ara) if active else _several_threats(ara),
        "TTI": f"{kind:02b}",
    }
    if kind == 1:
        found["threat_id_hex"] = f"{threat >> 2:06x}"
    return found


def air_to_air_message(mv: int) -> dict[str, object]:
    """The fields of the 56 bits MV of DF16: an advisory in coordination replies, which begin as BDS 3,0."""
    advisory = resolution_advisory(mv) if mv >> 48 == 0x30 else None
    return {} if advisory is None else {"acas_ra": advisory}


def with_origin(advisory: Mapping[str, str], df: int, frame: str, wall: float | None) -> dict[str, str | int | float]:
    """The advisory with the frame it came in, and its time if the wall clock is known (epoch seconds)."""
    found: dict[str, str | int | float] = {}
    if wall is not None:
        text = iso(wall)
        found["utc"] = f"{text[:10]} {text[11:21]}"
        found["unix_timestamp"] = round(wall, 2)
    return {**found, "df_type": df, "full_bytes": frame.upper(), **advisory}


def _one_threat(ara: int) -> str:
    """The bits after the first: corrective, downwards, increased rate, reversal, crossing, positive."""
    corrective, down, increase, reversal, crossing, positive = (ara >> place & 1 for place in range(5, -1, -1))
    if not positive:
        return "Level Off" if corrective else "Monitor vertical Speed"
    if not corrective:
        return "Maintain vertical Speed; Crossing Maintain" if crossing else "Maintain vertical Speed"
    sense = "Descend" if down else "Climb"
    words = [f"Increase {sense}" if increase and not reversal else sense]
    if reversal:
        words.append(f"{sense} NOW")
    if crossing:
        words.append(f"Crossing {sense}")
    return "; ".join(words)


def _several_threats(ara: int) -> str:
    words = [word for place, word in enumerate(_SEVERAL) if ara >> 5 - place & 1]
    return "; ".join([*words, "Increase / Maintain vertical rate" if ara & 1 else "Reduce / Limit vertical rate"])
