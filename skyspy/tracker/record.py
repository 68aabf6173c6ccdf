"""Pure floor: one aircraft, as the tracker keeps it.

A record has two sides. `public` is what listeners were told: exactly the snapshot, but for the
ages. `news` is what was believed since and differs from it: the next delta's entry, ready made.
So a delta costs what changed, a value that came and went tells nothing, and a snapshot and the
deltas after it make a later snapshot.

Law: only the tracker changes a record. A None in `news` means the field is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from skyspy.aircraft import FIELDS, POSITION, SOURCES, Value
from skyspy.military import is_military
from skyspy.safety.emergency import SQUAWKS, SquawkAlarm
from skyspy.tracker.gate import ADSC, WORST, Stamp, life
from skyspy.tracker.limits import Limits
from skyspy.tracker.position import Place
from skyspy.tracker.trail import Trail

Object = dict[str, Any]
"""An aircraft object, or the changed part of one."""

VOLATILE = frozenset({"seen", "seen_pos", "messages", "rssi"})
"""Fields that change with every message: they go along every few seconds and make no change alone."""

COARSE: dict[str, str] = {
    name: name.split("_")[0] if name.startswith(("adsb", "adsr", "tisb")) else "other" if name == "unknown" else name
    for name in SOURCES
}
"""readsb's `type` in one word: adsb, adsr, tisb, adsc, mlat, mode_s, other."""

TYPE_HOLD_S = 30.0
"""How long `type` names the best source after it was last heard."""

LISTED_AFTER = 2
"""Messages until an aircraft is told: a single one may be a bit error in the address."""

_MILITARY_FLAG = 1


class Record:
    """One aircraft. See the module for its two sides."""

    __slots__ = (
        "alarm", "best", "due", "gone", "hex", "layer", "layer_keys", "listed", "lost", "messages", "military",
        "newest", "news", "place", "public", "refreshed", "rssi", "seen_at", "stamps", "touched", "trail", "type", "type_at",
        "type_rank",
    )  # fmt: skip

    def __init__(self, hex_: str) -> None:
        self.hex = hex_
        self.public: Object = {}
        self.news: Object = {"hex": hex_}
        self.stamps: dict[str, Stamp] = {}
        self.layer = Stamp(-inf, WORST)
        self.layer_keys: tuple[str, ...] | None = None
        """The stamp of the fields taken last, and their names: the next observation with the same ones moves it, which stamps
        them all at once. None when some of them have another stamp by now."""
        self.best, self.newest = WORST, -inf
        """No stamp is better than the first or newer than the second: who is as good as both passes the gate whole."""
        self.messages = 0
        self.seen_at = -inf
        self.refreshed = -inf
        self.due = inf
        """When the tracker looks at this record again, whatever is heard."""
        self.place = Place()
        self.trail: Trail | None = None
        self.type, self.type_rank, self.type_at = "unknown", WORST + 1, -inf
        self.military = is_military(hex_)
        self.rssi: Value | None = None
        self.alarm: SquawkAlarm | None = None
        self.listed = self.touched = self.lost = self.gone = False

    # -- what comes in -------------------------------------------------------------------------

    def live(self, name: str) -> Any:
        """The value a field has now, told or not."""
        news = self.news
        return news[name] if name in news else self.public.get(name)

    def take(self, fields: Mapping[str, Value], source: str, at: float, rank: int) -> None:
        """Believe these fields; a position among them is the one `place` has just taken."""
        keys = tuple(fields)
        if keys == self.layer_keys:
            self.layer.at, self.layer.rank = at, rank
        else:
            self._stamp(fields, keys, at, rank)
        self.best = min(self.best, rank)
        self.newest = max(self.newest, at)
        if source != self.type:
            self.retype(source, rank, at)
        elif at > self.type_at:
            self.type_at = at
        self._compare(fields)
        squawk = fields.get("squawk")
        if squawk in SQUAWKS or self.alarm is not None:
            self._take_squawk(squawk, at)

    def _compare(self, fields: Mapping[str, Value]) -> None:
        """Make news of what the fields say and public does not."""
        news, public = self.news, self.public
        try:
            if len(news) > 1:
                self._merge(fields)
            else:
                for name, value in fields.items():
                    if public[name] != value:
                        news[name] = value
        except KeyError:  # a field that public does not have yet: rare, so the usual way need not ask
            self._merge(fields)
        if "rssi" in fields:
            self.rssi = fields["rssi"]
            news.pop("rssi", None)
        if self.alarm is not None and "emergency" in fields:
            self._take_emergency(fields["emergency"])

    def _merge(self, fields: Mapping[str, Value]) -> None:
        """The same where there is news already, or public lacks a field: what is public again is no news."""
        news, get = self.news, self.public.get
        for name, value in fields.items():
            if get(name) != value:
                news[name] = value
            elif name in news:
                del news[name]

    def _stamp(self, fields: Mapping[str, Value], keys: tuple[str, ...], at: float, rank: int) -> None:
        """Give the fields a stamp they share; those of the position have the position's, and what did not come with it is gone."""
        stamps = self.stamps
        self.layer, self.layer_keys = Stamp(at, rank), keys
        stamps.update(dict.fromkeys(fields, self.layer))
        if "lat" in fields:
            for name in POSITION:
                if name in fields:
                    stamps[name] = self.place
                elif name in stamps:
                    del stamps[name]
                    self.put(name, None)

    def put(self, name: str, value: Value | None) -> None:
        """Make something news, unless public says it already; None takes a field away."""
        if self.public.get(name) == value:
            self.news.pop(name, None)
        else:
            self.news[name] = value
            self.lost = self.lost or value is None

    def retype(self, source: str, rank: int, at: float) -> None:
        """Consider another source for the aircraft's `type`."""
        if rank < self.type_rank or at - self.type_at > TYPE_HOLD_S:
            self.type = source if source in SOURCES else "unknown"
            self.type_rank, self.type_at = rank, at
            self.put("type", self.type)
            self.put("source", COARSE[self.type])

    def _take_squawk(self, code: Value | None, at: float) -> None:
        """Begin, confirm or end the alarm of an emergency squawk; None means that no squawk came."""
        if code is None:
            return
        if code not in SQUAWKS:
            self._end_alarm()
        elif self.alarm is None:
            self.alarm = SquawkAlarm(str(code), at)
        else:
            is_first = self.alarm.meaning is None
            if self.alarm.confirm(str(code), at):
                if is_first:
                    self.alarm.own = self.live("emergency")
                self.put("emergency", self.alarm.emergency)

    def _take_emergency(self, word: Value | None) -> None:
        """The aircraft itself says another `emergency`, or (None) says nothing any more: what counts beside a confirmed alarm."""
        if self.alarm is not None and self.alarm.meaning is not None:
            self.alarm.own = word
            self.put("emergency", self.alarm.emergency)

    def _end_alarm(self) -> None:
        """End the alarm: what the aircraft itself says counts again."""
        alarm, self.alarm = self.alarm, None
        if alarm is not None and alarm.meaning is not None:
            self.put("emergency", alarm.own)

    # -- what goes by --------------------------------------------------------------------------

    def deadline(self, limits: Limits) -> float:
        """When this aircraft is removed if nothing more is heard."""
        deadline = self.seen_at + limits.timeout_s
        for stamp in set(self.stamps.values()):
            if stamp.rank == ADSC:
                deadline = max(deadline, stamp.at + limits.adsc_expire_s)
        return deadline

    def expire(self, now: float, limits: Limits) -> float:
        """Take away what is too old; when to look again."""
        due = inf
        old = False
        for stamp in set(self.stamps.values()):
            end = stamp.at + life(stamp.rank, limits)
            if end <= now:
                old = True
            elif end < due:
                due = end
        if old:
            self._drop([name for name, stamp in self.stamps.items() if stamp.at + life(stamp.rank, limits) <= now])
        return due

    def _drop(self, names: list[str]) -> None:
        stamps = self.stamps
        for name in names:
            del stamps[name]
            self.put(name, None)
        if "lat" in names:
            self.place.forget()
        if "rssi" in names:
            self.rssi = None
        if "emergency" in names:
            self._take_emergency(None)
        if "squawk" in names:
            self._end_alarm()
        self.layer_keys = None
        self.best = min((stamp.rank for stamp in stamps.values()), default=WORST)
        self.newest = max((stamp.at for stamp in stamps.values()), default=-inf)

    # -- what goes out -------------------------------------------------------------------------

    def close(self, now: float, limits: Limits, trail_points: int) -> Object | None:
        """Make the news public: the changed fields with the `hex`, None where a field is gone; None when there are none."""
        news = self.news
        if not self.listed:
            self.put("military", self.military)
        if len(news) > 1:
            self.news = {"hex": self.hex}
            self._publish(news, trail_points)
        if now - self.refreshed >= limits.refresh_s:
            if news is self.news:
                self.news = {"hex": self.hex}
            self._refresh(now, news)
        return news if len(news) > 1 else None

    def _publish(self, news: Object, trail_points: int) -> None:
        public = self.public
        if "dbFlags" in news:
            military = bool((news["dbFlags"] or 0) & _MILITARY_FLAG) or self.military
            if public.get("military") != military:
                news["military"] = military
        public.update(news)
        if self.lost:
            self.lost = False
            for name in [name for name, value in news.items() if value is None]:
                del public[name]
        if ("lat" in news or "lon" in news) and "lat" in public:
            if self.trail is None:
                self.trail = Trail()
            self.trail.offer(self.place.at, public, trail_points)

    def whole(self, now: float) -> Object:
        """The aircraft as it was told, with its ages at `now`."""
        result = dict(self.public)
        self._ages(now, result)
        return result

    def _ages(self, now: float, into: Object) -> None:
        into["seen"] = round(now - self.seen_at, 1) if now > self.seen_at else 0.0
        place_at = self.place.at
        if "lat" in self.public and place_at != -inf:
            into["seen_pos"] = round(now - place_at, 1) if now > place_at else 0.0

    def _refresh(self, now: float, entry: Object) -> None:
        """Let the volatile fields go along, if one of them changed."""
        public = self.public
        if self.messages == public.get("messages") and self.rssi == public.get("rssi"):
            return
        self.refreshed = now
        public["messages"] = entry["messages"] = self.messages
        if self.rssi is not None:
            public["rssi"] = entry["rssi"] = self.rssi
        self._ages(now, entry)

    def reborn(self, old: Record) -> None:
        """Take the place of a record that left since the last delta: listeners see one aircraft that changed."""
        self.public, self.listed, self.messages, self.rssi = old.public, old.listed, old.messages, None
        self.refreshed = old.refreshed
        self.place.follow(old.place)
        for name in old.public:
            if name in FIELDS:
                self.put(name, None)
