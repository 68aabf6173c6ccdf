"""Application: the aircraft of one sky as JSON, encoded once for everybody who asks.

A Listing shows one moment: its ages `seen` and `seen_pos` count to `moment`, and its fields are those of the delta `seq`. An aircraft
that was heard while the listing was made has the age 0. There is one at a time per audience and form, made when somebody asks, and
each aircraft in it is encoded again only when it has changed.

Invariants: a Listing never changes, so it may be read with yields. `now` does not yield and is always current; the others yield,
and a large sky is encoded in pieces. How often a listing of a large sky is made is bounded, and the more of the former ones
are still being sent, the longer the next one waits: that bounds work and memory whatever clients do.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from time import monotonic
from typing import NamedTuple
from weakref import WeakSet

import gevent
from gevent.event import Event

from skyspy import wirejson
from skyspy.clock import Clock, Moment
from skyspy.cooperate import Yielder, turns
from skyspy.geo import Point
from skyspy.sky.audience import Payload, seen_from
from skyspy.tracker import TrackedAircraft, Tracker
from skyspy.wirejson import Encoded, Parts

TICK_SECONDS = 0.1
"""A listing of a sky in which nothing changes is made again after this, because ages go on."""
LARGE = 600
"""Aircraft above which a listing is made in pieces and not at every tick: below, making one takes a few milliseconds."""
SECONDS_PER_AIRCRAFT = 30e-6
"""Seconds between two listings of a large sky, per aircraft: about ten times what making one takes."""
SECONDS_PER_COPY, MAX_SECONDS = 0.1, 2.0
"""What each former listing that is still being sent adds to that, and the most that all of them add."""
ROUNDS, FEW = 5, 200
"""How often a listing is brought up to date in pieces at most, until few aircraft have changed meanwhile."""
WAITS = 3
"""How often `ready` waits for a listing that is current, at most."""
BYTES_PER_COST, AIRCRAFT_PER_COST = 256 * 1024, 1000


def cost(size: int, aircraft: int = 0) -> float:
    """What an answer of `size` bytes costs beside the one event or request that it answers, in events or requests.
    `aircraft`: how many were looked at for this client alone."""
    return size / BYTES_PER_COST + aircraft / AIRCRAFT_PER_COST


@dataclass(frozen=True, slots=True)
class Form:
    """One shape of an aircraft object. `make` gives it, from our own object without ages and the aircraft itself."""

    name: str
    make: Callable[[Payload, TrackedAircraft], Payload]


OWN = Form("own", lambda whole, _aircraft: whole)
"""The objects of Socket.IO and of the REST API."""


class Viewpoint(NamedTuple):
    """How an audience sees the sky: where distances are measured from, whether what tells where the receiver stands is hidden, and
    whether any traffic is simulated."""

    observer: Point | None
    hides_receiver: bool
    demo: bool


class Row:
    """One aircraft as one audience sees it, without ages: `whole` must not be changed."""

    __slots__ = ("aircraft", "hex", "version", "whole")

    def __init__(self, aircraft: TrackedAircraft, viewpoint: Viewpoint) -> None:
        self.aircraft, self.hex, self.version = aircraft, aircraft.hex, aircraft.version
        self.whole = seen_from(aircraft.public, viewpoint.observer, hidden=viewpoint.hides_receiver)


class Listing:
    """All aircraft at one moment, ordered by hex. `body` is their JSON list; `tag` names this listing among all of this server."""

    __slots__ = ("_answers", "_before", "body", "moment", "rows", "seq", "tag", "took_ms", "viewpoint")

    def __init__(self, tag: str, moment: Moment, seq: int, viewpoint: Viewpoint, rows: list[Row], texts: list[bytes]) -> None:
        self.tag, self.moment, self.seq, self.viewpoint, self.rows = tag, moment, seq, viewpoint, rows
        self.took_ms = 0.0
        """Milliseconds that making it took, pauses for others included."""
        self.body = Encoded(b"[" + b",".join(texts) + b"]")
        self._answers: dict[str, Parts] = {}
        self._before = array("Q", accumulate(map(len, texts), initial=0))
        """Bytes of all aircraft before the one at a place, without what stands between them."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def size(self) -> int:
        """Bytes of the whole list."""
        return len(self.body.text)

    def labelled(self, answer: Payload) -> Payload:
        """The answer, with `demo: true` where simulated traffic is listed."""
        return answer | {"demo": True} if self.viewpoint.demo else answer

    def answer(self, name: str, make: Callable[[], Mapping[str, object]]) -> Parts:
        """The document of this name around the whole list, made once."""
        found = self._answers.get(name)
        if found is None:
            made = wirejson.dump_parts(make())
            assert isinstance(made, Parts)  # noqa: S101 - `make` puts the body into its document
            found = self._answers[name] = made
        return found

    def place_of(self, hex_: str) -> int | None:
        """The place of an aircraft; None when it is not listed. `hex_` in upper case."""
        place = self.place_after(hex_) - 1
        return place if place >= 0 and self.rows[place].hex == hex_ else None

    def place_after(self, hex_: str) -> int:
        """The place of the first aircraft whose hex is greater."""
        return bisect_right(self.rows, hex_, key=lambda row: row.hex)

    def where(self, test: Callable[[Payload], bool]) -> list[int]:
        """The places of the aircraft that pass the test, in order. Yields."""
        yielder = Yielder()
        found: list[int] = []
        for place, row in enumerate(self.rows):
            if test(row.whole):
                found.append(place)
            if not place % 32:
                yielder.maybe_yield()
        return found

    def text(self, place: int) -> bytes:
        """The JSON object of one aircraft."""
        first = place + 1  # the bracket, and a comma after each aircraft before it
        return self.body.text[first + self._before[place] : first + self._before[place + 1]]

    def pick(self, places: Iterable[int]) -> Encoded:
        """The JSON list of some aircraft."""
        return Encoded(b"[" + b",".join([self.text(place) for place in places]) + b"]")


class _Rows:
    """The aircraft as one audience sees them, each made anew when it has changed."""

    def __init__(self, tracker: Tracker) -> None:
        self.viewpoint: Viewpoint = Viewpoint(None, True, False)
        self._tracker = tracker
        self._rows: dict[str, Row] = {}

    def look_from(self, viewpoint: Viewpoint) -> None:
        """Show aircraft as they are seen from here from now on."""
        if viewpoint != self.viewpoint:
            self.viewpoint = viewpoint
            self._rows.clear()

    def row(self, aircraft: TrackedAircraft) -> Row:
        """The present row of an aircraft."""
        row = self._rows.get(aircraft.hex)
        if row is None or row.version != aircraft.version or row.aircraft is not aircraft:
            row = self._rows[aircraft.hex] = Row(aircraft, self.viewpoint)
        return row

    def keep(self, listed: Iterable[str]) -> None:
        """Forget all aircraft but these."""
        self._rows = {hex_: self._rows[hex_] for hex_ in listed}


@dataclass(slots=True)
class _Draft:
    """A listing that is being made: the aircraft as they were at the delta `seq` or later, by hex, and their JSON with ages at `moment`."""

    moment: Moment
    viewpoint: Viewpoint | None = None
    seq: int = -1
    # Two dicts rather than one of pairs: ten thousand pairs would keep the garbage collector busy.
    rows: dict[str, Row] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)

    def lacks(self, aircraft: TrackedAircraft) -> bool:
        """Whether this is another aircraft than the one that is here."""
        row = self.rows.get(aircraft.hex)
        return row is None or row.aircraft is not aircraft


class _Maker:
    """The newest listing for one audience in one form."""

    def __init__(
        self, tag: str, form: Form, rows: _Rows, tracker: Tracker, clock: Clock, viewpoint: Callable[[], Viewpoint]
    ) -> None:
        self._tag, self._form, self._rows, self._tracker, self._clock, self._viewpoint = (
            tag,
            form,
            rows,
            tracker,
            clock,
            viewpoint,
        )
        self._encoded: dict[str, Row] = {}
        self._texts: dict[str, bytes] = {}
        """Each aircraft without its ages, and the row that this was made of."""
        self._newest: Listing | None = None
        self._made_at = 0.0
        """When that was done, in steady seconds: the making of a large one may take longer than it holds."""
        self._sent: WeakSet[Encoded] = WeakSet()
        self._next_at = 0.0
        self._making: Event | None = None
        self.made = 0

    @property
    def newest(self) -> Listing | None:
        """The listing that was made last, however old."""
        return self._newest

    def now(self) -> Listing:
        """The listing of this moment's state. Does not yield."""
        newest = self._current()
        return self._make(None) if newest is None else newest

    def recent(self) -> Listing:
        """The current listing; of a large sky one that may be some tenths of a second old. Yields."""
        while True:
            newest = self._current()
            if newest is not None:
                return newest
            newest = self._newest
            if newest is not None and monotonic() < self._next_at and newest.viewpoint == self._viewpoint():
                return newest
            if self._making is None:
                return self._make(Yielder())
            self._making.wait()

    def ready(self) -> None:
        """Wait until `now` costs little. Yields where the sky is large."""
        waits, has_turn = 0, False
        while len(self._tracker) > LARGE and waits < WAITS:
            if self._current() is not None:
                if has_turn:
                    return
                # A crowd that waited for one listing wakes up at once: so many are answered in one round of the hub as take
                # MAX_BUSY_SECONDS.
                turns().wait()
                has_turn = True
                continue
            waits, has_turn = waits + 1, False
            wait = self._next_at - monotonic()
            if self._making is not None:
                self._making.wait()
            elif wait > 0:
                gevent.sleep(wait)
            else:
                self._make(Yielder())
                return
        # Each listing was out of date before its turn came: this client has one made for it, in pieces as well.
        while len(self._tracker) > LARGE and self._making is not None:
            self._making.wait()
        if len(self._tracker) > LARGE and self._current() is None:
            self._make(Yielder())

    def _current(self) -> Listing | None:
        newest = self._newest
        if newest is None or newest.seq != self._tracker.seq or newest.viewpoint != self._viewpoint():
            return None
        age = self._clock.steady() - self._made_at
        return newest if 0 <= age < max(TICK_SECONDS, self._pause(len(newest))) else None

    @staticmethod
    def _pause(aircraft: int) -> float:
        return aircraft * SECONDS_PER_AIRCRAFT if aircraft > LARGE else 0.0

    def _pause_for_copies(self, aircraft: int) -> float:
        return min(MAX_SECONDS, SECONDS_PER_COPY * len(self._sent)) if aircraft > LARGE else 0.0

    def _make(self, yielder: Yielder | None) -> Listing:
        draft = _Draft(self._clock.moment())
        began = monotonic()
        if yielder is not None and len(self._tracker) > LARGE:
            self._making = Event()
            try:
                for _ in range(ROUNDS):
                    if self._bring_up_to_date(draft, yielder) <= FEW:
                        break
            finally:
                self._making.set()
                self._making = None
        # From here on nothing yields, so the listing is the state of one delta.
        self._bring_up_to_date(draft, None)
        listed = sorted([aircraft.hex for aircraft in self._tracker.states()])
        newest = Listing(
            f"{self._tag}-{self.made}",
            draft.moment,
            self._tracker.seq,
            self._rows.viewpoint,
            [draft.rows[hex_] for hex_ in listed],
            [draft.texts[hex_] for hex_ in listed],
        )
        newest.took_ms = round((monotonic() - began) * 1000, 3)
        self.made += 1
        self._newest, self._made_at = newest, self._clock.steady()
        self._next_at = monotonic() + self._pause(len(listed)) + self._pause_for_copies(len(listed))
        self._sent.add(newest.body)
        if len(self._texts) > len(listed) + LARGE:
            self._texts = {hex_: self._texts[hex_] for hex_ in listed}
            self._encoded = {hex_: self._encoded[hex_] for hex_ in listed}
            self._rows.keep(listed)
        return newest

    def _bring_up_to_date(self, draft: _Draft, yielder: Yielder | None) -> int:
        """Put every aircraft as it is now into the draft; returns how many were not there."""
        viewpoint = self._viewpoint()
        self._rows.look_from(viewpoint)
        since = draft.seq if viewpoint == draft.viewpoint else -1
        if since == self._tracker.seq:
            return 0
        draft.seq, draft.viewpoint = self._tracker.seq, viewpoint
        changed = 0
        now, rows, texts = draft.moment.steady, draft.rows, draft.texts
        for aircraft in [one for one in self._tracker.states() if one.version > since or draft.lacks(one)]:
            row = self._rows.row(aircraft)
            if rows.get(row.hex) is not row:
                rows[row.hex], texts[row.hex] = row, self._without_ages(row, now) + _ages(aircraft, now)
                changed += 1
                if yielder is not None and not changed % 32:
                    yielder.maybe_yield()
        return changed

    def _without_ages(self, row: Row, now: float) -> bytes:
        hex_ = row.hex
        if "lastPosition" in row.whole:
            # It has an age of its own. There are few of these.
            whole = {**row.whole, "lastPosition": row.aircraft.last_position(now)}
            return wirejson.dump_bytes(self._form.make(whole, row.aircraft))[:-1]
        if self._encoded.get(hex_) is not row:
            self._encoded[hex_] = row
            self._texts[hex_] = wirejson.dump_bytes(self._form.make(row.whole, row.aircraft))[:-1]
        return self._texts[hex_]


def _ages(aircraft: TrackedAircraft, now: float) -> bytes:
    seen, seen_pos = aircraft.ages(now)
    return b',"seen":%.1f}' % seen if seen_pos is None else b',"seen":%.1f,"seen_pos":%.1f}' % (seen, seen_pos)


class Listings:
    """The newest listings of one sky. `viewpoint` gives what an audience sees them from."""

    def __init__(self, tracker: Tracker, clock: Clock, viewpoint: Callable[[str], Viewpoint]) -> None:
        self._tracker, self._clock, self._viewpoint = tracker, clock, viewpoint
        self._rows: dict[str, _Rows] = {}
        self._makers: dict[tuple[str, str], _Maker] = {}

    @property
    def made(self) -> int:
        """How many listings were made since the start."""
        return sum(maker.made for maker in self._makers.values())

    def now(self, audience: str, form: Form = OWN) -> Listing:
        """The listing of this moment's state. Does not yield; call `ready` before where that is possible."""
        return self._maker(audience, form).now()

    def ready(self, audience: str, form: Form = OWN) -> None:
        """Wait until `now` costs little. Yields where the sky is large; at most for some seconds."""
        self._maker(audience, form).ready()

    def recent(self, audience: str, form: Form = OWN) -> Listing:
        """The current listing; of a large sky one that may be some tenths of a second old. Yields."""
        return self._maker(audience, form).recent()

    def size(self, audience: str) -> int:
        """Bytes of the newest listing in our own form, 0 where none was made yet. Costs nothing."""
        newest = self._maker(audience, OWN).newest
        return 0 if newest is None else newest.size

    def _maker(self, audience: str, form: Form) -> _Maker:
        maker = self._makers.get((audience, form.name))
        if maker is None:
            rows = self._rows.setdefault(audience, _Rows(self._tracker))
            tag = f"{self._tracker.epoch}-{audience}-{form.name}"
            maker = _Maker(tag, form, rows, self._tracker, self._clock, lambda: self._viewpoint(audience))
            self._makers[audience, form.name] = maker
        return maker
