"""Replaying a captured file in its own timing.

Invariants: the decoder gets the capture's time, not the machine's: at ten times the speed, the two halves of a CPR position are
still as far apart as when they were received; observations are then dated to the moment they are replayed, and carry the capture's
clock (`Timeline`), by which they age: at ten times the speed, six seconds are a minute. At the end it goes on like any clock. A gap longer than
MAX_SILENCE_S is shortened to it. A speed that the machine cannot keep up with plays as fast as possible, yielding to other
greenlets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path

from skyspy.aircraft import Observation, Record
from skyspy.clock import Clock
from skyspy.decode import Context, DecodeError, Decoder, Format
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.capture import Capture, CaptureError, Row, detect_capture
from skyspy.receivers.receiver import Receiver, ReceiverError
from skyspy.receivers.replay_files import ReplayFileError, permitted
from skyspy.timeline import Timeline

MAX_SILENCE_S = 60.0
BATCH_SECONDS = 0.25
"""Rows closer together than this are decoded at once..."""
BATCH_BYTES = 8 * 1024
"""...up to this many bytes (an observation counts as OBSERVATION_BYTES)."""
OBSERVATION_BYTES = 100
LOOP_PAUSE = 1.0
MAX_LAG_S = 2.0
"""A replay that is later than this drops the lost time rather than catch up in a burst."""
FALSE_WORDS = frozenset({"", "0", "no", "false", "off"})


class ReplayReader:
    """Replays `replay:///file?speed=1&loop=1&format=beast`; `format` is a name in capture.CAPTURES."""

    up_state = "up"

    def __init__(
        self,
        url: FeedUrl,
        formats: Mapping[str, Format],
        clock: Clock,
        antenna: Callable[[], Point | None],
        folder: Path | None = None,
    ) -> None:
        self._path, self._folder = Path(url.path), folder
        self._formats, self._clock = formats, clock
        # A capture's clock is not related to the machine's: no wall_minus_steady.
        self._context = Context(moving=antenna)
        self._speed = float(url.options.get("speed", 1.0))
        self._loop = url.options.get("loop", "0").lower() not in FALSE_WORDS
        self._wanted = url.options.get("format")
        self._timeline = Timeline()

    def read(self, receiver: Receiver) -> None:
        """Play to the end; start over where `loop` is set. Raises ReceiverError, OSError."""
        try:
            while True:
                path = permitted(self._path, self._folder)
                capture = detect_capture(path, self._wanted)
                decoder = self._formats[capture.carries].make(self._context) if capture.carries else None
                receiver.begin_session(decoder, capture.name)
                try:
                    _Playback(receiver, self._clock, self._speed, decoder, self._timeline).play(capture, path)
                finally:
                    self._timeline.run(self._clock.steady(), 1.0)
                if not self._loop:
                    receiver.mark_stale("played to its end (loop=1 begins again)")
                    return
                self._clock.sleep(LOOP_PAUSE)
        except (CaptureError, ReplayFileError) as error:
            raise ReceiverError(str(error)) from None


class _Playback:
    """One pass through a file. `speed` is capture seconds per second."""

    def __init__(self, receiver: Receiver, clock: Clock, speed: float, decoder: Decoder | None, timeline: Timeline) -> None:
        self._receiver, self._clock, self._speed, self._decoder = receiver, clock, speed, decoder
        self._start = clock.steady()
        # The decoder's time starts here and runs with the capture; `_start` moves when late time is dropped.
        self._origin = self._start
        self._timeline, self._zero = timeline, timeline.at(self._start)
        self._position = 0.0
        self._batch: list[Row] = []
        self._size = 0

    def play(self, capture: Capture, path: Path) -> None:
        """Deliver every row at its time."""
        whole = capture.carries == "aircraft.json"
        last: float | None = None
        batch_start = 0.0
        for row in capture.rows(path):
            when, payload = row
            if isfinite(when):
                # A capture clock that steps back or jumps ahead does not stop the replay.
                step = 0.0 if last is None else when - last
                self._position += min(max(step, 0.0), MAX_SILENCE_S)
                last = when
            if self._batch and (whole or self._size > BATCH_BYTES or self._position - batch_start > BATCH_SECONDS):
                self._flush(batch_start)
            if not self._batch:
                batch_start = self._position
            self._batch.append(row)
            self._size += len(payload) if isinstance(payload, bytes) else OBSERVATION_BYTES
        self._flush(batch_start)

    def _flush(self, position: float) -> None:
        batch, self._batch, self._size = self._batch, [], 0
        self._timeline.run(self._clock.steady(), self._speed, self._zero + position)
        self._wait_until(position)
        played = self._clock.steady()
        self._timeline.reach(played, self._zero + position)
        if self._decoder is None:
            self._receiver.deliver(
                [
                    replace(row, at=played, pace=self._speed, timeline=self._timeline)
                    for _, row in batch
                    if isinstance(row, Observation)
                ]
            )
        else:
            data = b"".join(row for _, row in batch if isinstance(row, bytes))
            self._receiver.count_bytes(len(data))
            now = self._origin + position
            try:
                records = self._decoder.feed(data, now)
            except DecodeError as error:
                self._receiver.count_broken(str(error))
                return
            self._receiver.deliver([self._dated(record, now, played) for record in records])
        self._receiver.mark_up()

    def _dated(self, record: Record, now: float, played: float) -> Record:
        """The record dated to the moment of replay: its age in capture seconds divided by the speed."""
        if not isinstance(record, Observation):
            return record
        at = played - (now - record.at) / self._speed
        pos_at = None if record.pos_at is None else played - (now - record.pos_at) / self._speed
        return replace(record, at=at, pos_at=pos_at, pace=self._speed, timeline=self._timeline)

    def _wait_until(self, position: float) -> None:
        """Wait until `position` (capture seconds) is due; where it is overdue, only yield to other greenlets."""
        now = self._clock.steady()
        wait = self._start + position / self._speed - now
        if wait < -MAX_LAG_S:
            self._start -= wait
        if wait > 0.001:
            self._clock.sleep(wait)
        else:
            self._receiver.yielder.maybe_yield()
