"""Tools: a captured file, played again in its own timing.

Law: the decoder is told the capture's time, not ours: played ten times as fast, the halves of a
position still lie as far apart as they were received, and what comes out is dated back to the moment
it is played. A silence longer than LONGEST_SILENCE is shortened to it: nobody waits for an empty
night. When speed asks for more than the machine can, it is played as fast as it can, others having
their turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path

from skyspy.aircraft import Observation, Record
from skyspy.clock import Clock
from skyspy.decode import Context, DecodeError, Decoder, Format
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.capture import Capture, CaptureError, Row, recognised
from skyspy.receivers.receiver import Receiver, ReceiverError

LONGEST_SILENCE = 60.0
BATCH_SECONDS = 0.25
"""Rows closer together than this are decoded at once..."""
BATCH_BYTES = 8 * 1024
"""...up to so many bytes (observations count as OBSERVATION_BYTES)."""
OBSERVATION_BYTES = 100
LOOP_PAUSE = 1.0
LAG_FORGIVEN = 2.0
"""Later than this, the lost time is dropped rather than caught up in a burst."""
NO = frozenset({"", "0", "no", "false", "off"})


class ReplayReader:
    """Plays `replay:///file?speed=1&loop=1&format=beast`; formats are capture.CAPTURES' names."""

    shows = "up"

    def __init__(self, url: FeedUrl, formats: Mapping[str, Format], clock: Clock, location: Point | None) -> None:
        self._path = Path(url.path)
        self._formats, self._clock = formats, clock
        # The machine's clock says nothing of a capture's: no wall_minus_steady.
        self._context = Context(location)
        self._speed = float(url.options.get("speed", 1.0))
        self._loop = url.options.get("loop", "0").lower() not in NO
        self._wanted = url.options.get("format")

    def read(self, receiver: Receiver) -> None:
        """Plays to the end; begins again when it loops."""
        try:
            while True:
                capture = recognised(self._path, self._wanted)
                decoder = self._formats[capture.carries].make(self._context) if capture.carries else None
                receiver.begin(decoder, capture.name)
                _Pass(receiver, self._clock, self._speed, decoder).play(capture, self._path)
                if not self._loop:
                    receiver.stale("played to its end (loop=1 begins again)")
                    return
                self._clock.sleep(LOOP_PAUSE)
        except CaptureError as error:
            raise ReceiverError(str(error)) from None


class _Pass:
    """One pass through a file."""

    def __init__(self, receiver: Receiver, clock: Clock, speed: float, decoder: Decoder | None) -> None:
        self._receiver, self._clock, self._speed, self._decoder = receiver, clock, speed, decoder
        self._start = clock.steady()
        # The decoder's time begins here and is never bent; the pace's start moves when time is forgiven.
        self._origin = self._start
        self._position = 0.0
        self._batch: list[Row] = []
        self._size = 0

    def play(self, capture: Capture, path: Path) -> None:
        """Every row at its time."""
        whole = capture.carries == "aircraft.json"
        last: float | None = None
        begun = 0.0
        for row in capture.rows(path):
            when, payload = row
            if isfinite(when):
                # Clocks that step back, or leap, do not stop the play.
                step = 0.0 if last is None else when - last
                self._position += min(max(step, 0.0), LONGEST_SILENCE)
                last = when
            if self._batch and (whole or self._size > BATCH_BYTES or self._position - begun > BATCH_SECONDS):
                self._flush(begun)
            if not self._batch:
                begun = self._position
            self._batch.append(row)
            self._size += len(payload) if isinstance(payload, bytes) else OBSERVATION_BYTES
        self._flush(begun)

    def _flush(self, position: float) -> None:
        batch, self._batch, self._size = self._batch, [], 0
        self._pace(position)
        played = self._clock.steady()
        if self._decoder is None:
            self._receiver.hear([replace(row, at=played, pace=self._speed) for _, row in batch if isinstance(row, Observation)])
        else:
            data = b"".join(row for _, row in batch if isinstance(row, bytes))
            self._receiver.count_bytes(len(data))
            now = self._origin + position
            try:
                heard = self._decoder.feed(data, now)
            except DecodeError as error:
                self._receiver.broken(str(error))
                return
            self._receiver.hear([self._dated(record, now, played) for record in heard])
        self._receiver.flows()

    def _dated(self, record: Record, now: float, played: float) -> Record:
        """An age in the capture becomes the age it has at this speed."""
        if not isinstance(record, Observation):
            return record
        at = played - (now - record.at) / self._speed
        pos_at = None if record.pos_at is None else played - (now - record.pos_at) / self._speed
        return replace(record, at=at, pos_at=pos_at, pace=self._speed)

    def _pace(self, position: float) -> None:
        """Wait until it is time; where it is past, give others a turn now and then."""
        now = self._clock.steady()
        wait = self._start + position / self._speed - now
        if wait < -LAG_FORGIVEN:
            self._start -= wait
        if wait > 0.001:
            self._clock.sleep(wait)
        else:
            self._receiver.yielder.maybe_yield()
