"""Decoder for data links: the JSON of acarsdec, dumpvdl2, vdlm2dec, dumphfdl, JAERO, SatDump and iridium-toolkit, and of relays such
as acars_router, in lines of a stream or in datagrams.

One decoder reads all of them, because a decoder's object tells whose it is (`skyspy/datalink/formats`); the format's name in the feed
URL says only what to expect. Each object counts once: as a message where it gives a Block, as bad where it is damaged or of no known
form, as skipped where it is whole but reports nothing received.
"""

from __future__ import annotations

from collections.abc import Hashable

from skyspy.datalink.formats import Verdict, block_of
from skyspy.datalink.message import Block
from skyspy.decode.base import Context, Counters
from skyspy.decode.json_objects import MAX_BYTES, Datagrams, Objects, objects_in
from skyspy.decode.lines import LineSplitter


class Datalink:
    """Decoder for one receiver of data links. A stream is given to `feed`, what a listener receives to `datagram`; neither raises."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._lines = LineSplitter(MAX_BYTES)
        self._datagrams = Datagrams()

    def feed(self, data: bytes, now: float) -> list[Block]:
        """Decode the lines that these bytes complete. `now`: steady seconds."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        result: list[Block] = []
        for line in lines:
            result += self._blocks(*objects_in(line), now)
        return result

    def datagram(self, data: bytes, peer: Hashable, now: float) -> list[Block]:
        """Decode one datagram. `peer`: from whom it came, so that an object that was cut into several is joined; `now`: steady
        seconds of its arrival."""
        return self._blocks(*self._datagrams.add(data, peer, now), now)

    def _blocks(self, objects: Objects, bad: int, now: float) -> list[Block]:
        self.counters.bad += bad
        result: list[Block] = []
        for raw in objects:
            found = block_of(raw, lambda time: self._context.arrival_time(time, now))
            if isinstance(found, Verdict):
                self.counters.bad += found is Verdict.BAD
                self.counters.skipped += found is Verdict.SKIPPED
            else:
                self.counters.messages += 1
                result.append(found)
        return result
