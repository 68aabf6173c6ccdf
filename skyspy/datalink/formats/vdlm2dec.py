"""vdlm2dec: one flat object for each frame of VDL Mode 2, with acarsdec's names for the ACARS block in it, if there is one. The
aircraft's address is `icao`, in decimal; newer versions write `hex` too. `toaddr` is the ground station that an aircraft speaks to,
`fromaddr` the one that speaks to an aircraft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.datalink.formats.acarsdec import flat_fields
from skyspy.datalink.formats.fields import LONGEST_APP, flag, icao, mapping, position, station_address, wall_seconds, word
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import VDL2, Block

LINK_KEYS = frozenset({"hex", "icao", "toaddr", "fromaddr", "is_response", "is_onground"})
"""Names that an object of vdlm2dec has, and one of acarsdec has not."""


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of vdlm2dec."""
    fields = flat_fields(raw)
    if fields["label"] is None:
        if "label" in raw:
            return Verdict.BAD
        if not _is_frame(raw):
            return Verdict.SKIPPED
        fields["more"] = None
    if "toaddr" in raw or "fromaddr" in raw:
        fields["downlink"] = "toaddr" in raw
    from_aircraft = fields["downlink"] is True
    time = wall_seconds(raw.get("timestamp"))
    return Block(
        at=dated(time),
        link=VDL2,
        time=time,
        app=word(mapping(raw.get("app")).get("name"), LONGEST_APP) or "vdlm2dec",
        hex=icao(raw.get("hex")) or icao(raw.get("icao")),
        ground=station_address(raw.get("toaddr" if from_aircraft else "fromaddr"), 6),
        on_ground=flag(raw.get("is_onground")) if from_aircraft else None,
        position=position(raw.get("lat"), raw.get("lon"), "decoder", raw.get("alt")) if from_aircraft else None,
        **fields,
    )


def _is_frame(raw: Mapping[str, Any]) -> bool:
    """Whether this is a frame. An object of the output `routejson` has a flight or a tail, but no frequency."""
    return "freq" in raw
