"""The JSON objects of the decoders of data links, one file for each decoder. Pure: an object in, a Block out.

A decoder is recognized by its object and not by the port on which it comes, because relays such as acars_router send those of all
decoders of a link to one port. What a relay adds (`app.proxied` and the like) is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.datalink.formats import acarsdec, dumphfdl, dumpvdl2, iridium, jaero, satdump, vdlm2dec
from skyspy.datalink.formats.result import Dated, Read, Result, Verdict

__all__ = ["FORMATS", "Dated", "Format", "Result", "Verdict", "block_of"]


@dataclass(frozen=True, slots=True)
class Format:
    """A row of FORMATS: the decoder, how its object is recognized, and how it is read."""

    name: str
    is_of: Callable[[Mapping[str, Any]], bool]
    read: Read


def _app(raw: Mapping[str, Any]) -> object:
    app = raw.get("app")
    return app.get("name") if isinstance(app, dict) else None


def _is_satdump(raw: Mapping[str, Any]) -> bool:
    source = raw.get("source")
    return "msg_name" in raw or (isinstance(source, dict) and _app(source) == "SatDump")


def _is_iridium(raw: Mapping[str, Any]) -> bool:
    source = raw.get("source")
    return _app(raw) == "iridium-toolkit" or (isinstance(source, dict) and source.get("transport") == "iridium")


def _skip(_raw: Mapping[str, Any], _dated: Dated) -> Result:
    return Verdict.SKIPPED


FORMATS: tuple[Format, ...] = (
    Format("dumpvdl2", lambda raw: "vdl2" in raw, dumpvdl2.read),
    Format("dumphfdl", lambda raw: "hfdl" in raw, dumphfdl.read),
    Format("JAERO", lambda raw: "isu" in raw, jaero.read),
    Format("JAERO, older output", lambda raw: "AESID" in raw, jaero.read_capitals),
    Format("JAERO, its state", lambda raw: "DCD" in raw and "SNR" in raw, _skip),
    Format("iridium-toolkit", _is_iridium, iridium.read),
    Format("SatDump", _is_satdump, satdump.read),
    Format("vdlm2dec", lambda raw: _app(raw) == "vdlm2dec" or not vdlm2dec.LINK_KEYS.isdisjoint(raw), vdlm2dec.read),
    Format(
        "acarsdec",
        lambda raw: _app(raw) == "acarsdec" or "label" in raw or ("timestamp" in raw and "flight" in raw),
        acarsdec.read,
    ),
)
"""The decoders, in the order in which they are tried: the two whose objects are flat are the last."""


def block_of(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of a decoder's object, or the verdict that there is none. Never raises."""
    for row in FORMATS:
        if row.is_of(raw):
            return row.read(raw, dated)
    return Verdict.BAD
