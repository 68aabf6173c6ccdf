"""Decoders for receiver output, one module per format.

`FORMATS` has one row per format, and a feed URL names the row. Decoders do no I/O and read no clock: they take bytes
and a time and return records, for aircraft Observations (see base.py).
"""

from __future__ import annotations

from skyspy.decode.aircraft_json import AircraftJson
from skyspy.decode.avr import Avr
from skyspy.decode.base import Context, Counters, DecodeError, Decoder, Format
from skyspy.decode.beast import Beast
from skyspy.decode.datalink import Datalink
from skyspy.decode.json_lines import JsonLines
from skyspy.decode.sbs import Sbs
from skyspy.decode.uat import Uat

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("aircraft.json", AircraftJson, "Snapshots of readsb, dump1090-fa and skyaware978"),
        Format("beast", Beast, "Mode S Beast binary"),
        Format("avr", Avr, "Mode S frames as text (AVR, raw)"),
        Format("sbs", Sbs, "SBS (BaseStation) lines"),
        Format("json", JsonLines, "readsb JSON lines"),
        Format("uat", Uat, "dump978 JSON lines, and its raw downlinks"),
        Format("acars", Datalink, "ACARS messages over VHF as JSON (acarsdec)"),
        Format("vdlm2", Datalink, "ACARS messages over VDL Mode 2 as JSON (dumpvdl2, vdlm2dec)"),
        Format("hfdl", Datalink, "ACARS messages and positions over HFDL as JSON (dumphfdl)"),
        Format("imsl", Datalink, "ACARS messages over Inmarsat as JSON (JAERO, SatDump)"),
        Format("irdm", Datalink, "ACARS messages over Iridium as JSON (iridium-toolkit)"),
    )
}
"""All supported formats, by name."""

__all__ = ["FORMATS", "Context", "Counters", "DecodeError", "Decoder", "Format"]
