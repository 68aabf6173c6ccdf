"""Application: makes messages of the blocks that the receivers of one sky hear on data links, and shows them in every process.

Blocks are taken without a wait and looked at in a loop of its own: the Assembler joins them and leaves out copies; each message is matched
with an aircraft of this sky, stored, and published after it (datalink_log.py). Positions that aircraft report over HFDL, ADS-C and VDL2 go to the
tracker of the sky. Only the process that writes the history listens to data links.

Invariants: memory is bounded, also where blocks arrive faster than they are looked at: what is left out is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from skyspy.aircraft import Observation, clean_fields, clean_hex
from skyspy.aircraft_state import AircraftState
from skyspy.clock import Moment
from skyspy.cooperate import Yielder
from skyspy.datalink.assembly import Assembler, Made
from skyspy.datalink.matching import Matcher
from skyspy.datalink.message import Block, DatalinkPosition, Message
from skyspy.datalink.station_counts import StationCounts
from skyspy.loop import Loop
from skyspy.sky.datalink_log import DatalinkLog
from skyspy.sky.event_log import History
from skyspy.sky.sky import Sky
from skyspy.sky.streams.acars import AcarsStream
from skyspy.store.history.acars_counts import Frames

LOOK_S = 0.5
MAX_WAITING = 20_000
"""Blocks that wait to be looked at."""
MAX_BLOCKS = 1000
"""Blocks that one round looks at; the next one follows at once where more wait."""
TRACKED = frozenset({"xid", "adsc", "hfdl", "decoder"})
"""Sources of positions that go to the tracker. What was found in free text is shown with its message alone."""
MAX_LATE_S = 60.0
"""A message that another process has made is at most this old for the tracker."""

Follower = Callable[[Sequence[Message]], object]


class DatalinkMonitor:
    """The data links of one sky. `aircraft` gives those of the last round of the SafetyMonitor, by hex. `dropped` counts blocks that
    were left out because too many waited; `blocks` those that were looked at; `stations` is what each station received. `on_messages`
    registers what is called with new messages. `took_s`: what the last round with blocks took, pauses included."""

    def __init__(self, sky: Sky, history: History, aircraft: Callable[[], Mapping[str, AircraftState]]) -> None:
        self._sky = sky
        self._clock = sky.view.clock
        self._aircraft = aircraft
        self._waiting: deque[Block] = deque()
        self._assembler: Assembler | None = None
        self._frames = StationCounts()
        """Frames that are not stored yet."""
        self._followers: list[Follower] = []
        self.stations = StationCounts()
        self.blocks = self.dropped = 0
        self.took_s: float | None = None
        self.log = DatalinkLog(history, self._publish, self._clock, sky.name)
        self.loop = Loop(f"datalink messages of the {sky.name} sky", self.run, self._clock, LOOK_S)
        stream = sky.streams.get(AcarsStream.topic.name)
        self._stream = stream if isinstance(stream, AcarsStream) else None
        if self._stream is not None:
            self._stream.receive = self.take

    def start(self) -> None:
        """Look from now on. What snapshots show is read before this returns, so that no client sees less."""
        self.log.read_first()
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Look no more."""
        self.loop.stop()

    def on_messages(self, follow: Follower) -> None:
        """Call `follow` with messages that are new to this process, the earliest first, whichever process has made them. It must not
        yield."""
        self._followers.append(follow)

    def listens(self) -> bool:
        """Whether receivers of data links may listen in this process."""
        return self.log.may_make

    @property
    def waiting(self) -> int:
        """Blocks that wait to be looked at."""
        return len(self._waiting)

    def take(self, block: Block) -> None:
        """Take a block that a receiver hears. Does not yield."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(block)

    # -- a round -----------------------------------------------------------------------------------

    def run(self) -> None:
        """One round."""
        now = self._clock.moment()
        stored = self.log.begin_round(now)
        if stored is None:
            if not self.log.makes:
                # Another process makes messages: what this one still heard, it hears too.
                self._waiting.clear()
                self._frames.clear()
                self._assembler = None
            return
        assembler = self._assembler_with(stored, now)
        blocks = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BLOCKS))]
        made = self._look_at(assembler, blocks, now)
        new, changed = _sorted(made)
        frames = self._frames_to_store()
        if self.log.take(now, new, changed, frames):
            self._frames.clear()
        if blocks:
            self.took_s = self._clock.steady() - now.steady
        if self._waiting:
            self.loop.wake()

    def _assembler_with(self, stored: Sequence[Message], now: Moment) -> Assembler:
        if self._assembler is None:
            self._assembler = Assembler()
        if stored:
            self._assembler.restore(stored, now.steady, now.wall)
        return self._assembler

    def _look_at(self, assembler: Assembler, blocks: Iterable[Block], now: Moment) -> list[Made]:
        pause = Yielder(self._clock.steady).maybe_yield
        assembler.find = Matcher(self._aircraft()).find
        made: list[Made] = []
        for block in blocks:
            is_message = bool(block.text or block.label)
            self.blocks += 1
            self.stations.note(block, now.wall, is_message=is_message)
            if is_message:
                made += assembler.add(block, now.steady, now.wall)
            else:
                self._frames.note(block, now.wall, is_message=False)
                self._observe_frame(block, now)
            pause()
        return [*made, *assembler.tick(now.steady, now.wall)]

    def _frames_to_store(self) -> list[Frames]:
        return [
            Frames(key.link, key.name, key.receiver, count.time, count.frames, count.level, count.errors, count.demo)
            for key, count in self._frames.items()
        ]

    # -- what is published -------------------------------------------------------------------------

    def _publish(self, new: Sequence[Message], changed: Sequence[Message], *, own: bool) -> None:
        pause = Yielder(self._clock.steady).maybe_yield
        if self._stream is not None:
            self._stream.keep(changed)
            for message in new:
                self._sky.publish_from(self._stream.topic.name, self._stream.announce((message,)))
                pause()
        if not own and any(not message.demo for message in new):
            self._sky.receivers.heard_elsewhere()
        now = self._clock.moment()
        for message in new:
            self._observe(message, now, own=own)
            pause()
        if new:
            for follow in self._followers:
                follow(new)

    def _observe(self, message: Message, now: Moment, *, own: bool) -> None:
        """Tell the tracker where a message says that its aircraft is."""
        hex_, place = message.hex or message.matched, message.position
        if hex_ is None or place is None or place.source not in TRACKED:
            return
        at = message.receiver_time if own else now.steady - min(max(0.0, now.wall - message.time), MAX_LATE_S)
        self._observe_position(hex_, place, at, now)

    def _observe_frame(self, block: Block, now: Moment) -> None:
        """Tell the tracker what a frame without a message says of its aircraft."""
        if block.hex is None:
            return
        if block.position is not None and block.position.source in TRACKED:
            self._observe_position(block.hex, block.position, block.at, now)
        elif block.on_ground and block.hex in self._aircraft():
            # A source of its own lists nobody: the position of an aircraft that others hear is not from here.
            self._ingest(block.hex, "other", {"alt_baro": "ground"}, block.at, None)

    def _observe_position(self, hex_: str, place: DatalinkPosition, at: float, now: Moment) -> None:
        known = self._aircraft().get(hex_)
        if place.source == "xid" and known is not None and known.lat is not None and known.source != "adsc":
            # It is rounded to 0.1 degree: of no use for an aircraft whose position is received.
            return
        measured = at if place.at is None else min(at, now.steady - (now.wall - place.at))
        fields = {"lat": place.lat, "lon": place.lon, "alt_baro": place.altitude}
        self._ingest(hex_, "adsc", fields, at, measured)

    def _ingest(self, hex_: str, source: str, fields: Mapping[str, object], at: float, measured: float | None) -> None:
        address = clean_hex(hex_)
        if address is None:
            return
        self._sky.ingest(Observation(address, at, source, clean_fields(fields), measured))


def _sorted(made: Iterable[Made]) -> tuple[list[Message], list[Message]]:
    """The new messages and those that have changed, each as it is now."""
    latest: dict[str, Message] = {}
    fresh: set[str] = set()
    for message, is_new in made:
        latest[message.id] = message
        if is_new:
            fresh.add(message.id)
    new = [message for message in latest.values() if message.id in fresh]
    return new, [message for message in latest.values() if message.id not in fresh]
