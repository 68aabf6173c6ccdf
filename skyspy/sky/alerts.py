"""Application: runs users' alert rules over the aircraft of one sky, after each round of its SafetyMonitor.

Only the process that writes the history runs rules (alert_log.py); the others publish what it stores. It looks at the same frozen aircraft
as the safety rules, in a loop of its own, which they do not wait for. Movements and changes of safety events are kept until the next look;
where another process writes, for GAP_S, so that a process that takes over knows what happened meanwhile.

Invariants: without rules nothing is looked at and nothing is read. An alert that the process before has stored is not made again.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from skyspy.aircraft_state import AircraftState
from skyspy.alerts.rounds import ActiveMatch, AlertRound, MatchEnd, Trigger
from skyspy.alerts.rule import Condition, Node, OwnedRule
from skyspy.alerts.watchlist import Watchlist
from skyspy.clock import Moment
from skyspy.cooperate import Yielder
from skyspy.datalink.message import Message
from skyspy.loop import Loop
from skyspy.movements import Movement
from skyspy.safety.events import Action, Change
from skyspy.sky.alert_log import AlertLog, End, New
from skyspy.sky.event_log import History
from skyspy.sky.safety import Looked, SafetyMonitor
from skyspy.sky.seen_before import SeenAircraft
from skyspy.sky.shown_alerts import deliveries_of
from skyspy.sky.sky import Sky
from skyspy.sky.streams.alerts import AlertsStream
from skyspy.store.history.alerts import Alert
from skyspy.store.settings import Settings
from skyspy.topics import PUBLIC

LOOK_S = 2.0
"""A round follows each round of the SafetyMonitor; so long after the last one at the latest."""
GAP_S = 12.0
"""Longer than it takes another process to take over."""
AGAIN_S = 2 * GAP_S
"""What began in the last seconds before a takeover or a start, and what was stored of it, is compared."""
QUIET_S = 60.0
"""So long after the last rule is gone it is still looked for what other processes stored."""
MAX_MESSAGES = 5000
"""Datalink messages that are kept until the next look."""
MAX_LOOKS = 600
"""Looks whose movements are kept."""
BROWSER = "browser"
"""The kind of destination that open pages are: nothing is sent to it."""
HISTORY_FIELDS = frozenset({"first_seen", "not_seen_days"})
"""Fields of conditions for which aircraft are looked up in the history."""


class Destination(NamedTuple):
    """A destination that is in use."""

    owner_id: int
    kind: str


class RunningRules(NamedTuple):
    """The rules of one sky that run, with what they name; destinations by id. Nothing of a user who is disabled or may have no rules."""

    rules: Sequence[OwnedRule] = ()
    watchlists: Sequence[Watchlist] = ()
    destinations: Mapping[str, Destination] = {}


class Engine(Protocol):
    """What this module needs of alerts.engine.Engine."""

    def set_rules(
        self, rules: Iterable[OwnedRule], watchlists: Iterable[Watchlist] = (), pause: Callable[[], None] = ...
    ) -> object: ...
    def restore(self, active: Iterable[ActiveMatch]) -> object: ...
    def look(self, look: AlertRound) -> Sequence[Trigger]: ...
    def preview(self, owned: OwnedRule, look: AlertRound, watchlists: Iterable[Watchlist] | None = None) -> Sequence[str]: ...
    @property
    def ended(self) -> Sequence[MatchEnd]: ...


class AlertMonitor:
    """The alert rules of one sky. `load(settings)` reads the rules that run. `delivers`: whether alerts are sent to destinations;
    `stored` is called after deliveries were stored. `took_s`: what the last round took, pauses included."""

    def __init__(
        self,
        sky: Sky,
        safety: SafetyMonitor,
        history: History,
        load: Callable[[Settings], RunningRules],
        make_engine: Callable[[], Engine],
        *,
        delivers: bool,
    ) -> None:
        self._sky = sky
        self._view = sky.view
        self._clock = sky.view.clock
        self._behaviors_of = safety.movements.current
        self._load = load
        self._make_engine = make_engine
        self._delivers = delivers
        self._rules, self._must_set = RunningRules(), True
        self._owned: dict[str, OwnedRule] = {}
        self._asks_history = False
        self._engine: Engine | None = None
        self._restored: list[Alert] = []
        """Stored alerts that the engine is to be told of in its next round."""
        self._looks: deque[Looked] = deque(maxlen=MAX_LOOKS)
        self._messages: deque[tuple[float, Message]] = deque(maxlen=MAX_MESSAGES)
        """Datalink messages, with the steady time at which they were taken."""
        self._latest: Looked | None = None
        self._before: Mapping[str, AircraftState] = {}
        """The aircraft of the last round."""
        self._had_rules_at = float("-inf")
        self._seen = SeenAircraft(history, self._clock)
        self.stored: Callable[[], object] = lambda: None
        self.took_s: float | None = None
        self.log = AlertLog(history, self._announce, self._clock, sky.name)
        self.loop = Loop(f"alert rules of the {sky.name} sky", self.run, self._clock, LOOK_S)
        safety.on_looked(self.take)

    @property
    def rules(self) -> int:
        """How many rules run."""
        return len(self._owned)

    def start(self) -> None:
        """Look from now on. What snapshots show is read before this returns, so that no client sees less."""
        self.log.read_first()
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Look no more."""
        self.loop.stop()

    def follow(self, settings: Settings) -> bool:
        """Follow a version of the main store: read the rules that run. Raises StoreError."""
        self._rules = self._load(settings)
        self._owned = {rule.id: rule for rule in self._rules.rules}
        self._asks_history = any(_asks_history(rule.rule.match) for rule in self._rules.rules)
        self._must_set = True
        return True

    def take(self, looked: Looked) -> None:
        """Take what a round of the SafetyMonitor has found."""
        if not self._is_idle(looked.now.steady):
            self._looks.append(looked)
            self._latest = looked
            self.loop.wake()
        else:
            self._latest = looked

    def take_messages(self, messages: Iterable[Message]) -> None:
        """Take new datalink messages; rules look at each in the next round."""
        now = self._clock.steady()
        if not self._is_idle(now):
            self._messages += [(now, message) for message in messages]

    def _is_idle(self, now: float) -> bool:
        if self._owned:
            self._had_rules_at = now
        return now - self._had_rules_at > QUIET_S and self.log.is_settled

    # -- a round -----------------------------------------------------------------------------------

    def run(self) -> None:
        """One round."""
        now = self._clock.moment()
        if self._is_idle(now.steady):
            self.log.look_who_makes()
            self._drop()
            return
        restored = self.log.begin_round(now)
        if restored is None:
            self._drop()
            while self._looks and self._looks[0].now.steady < now.steady - GAP_S:
                self._looks.popleft()
            while self._messages and self._messages[0][0] < now.steady - GAP_S:
                self._messages.popleft()
            return
        looks = list(self._looks)
        self._looks.clear()
        if not self._owned and self._engine is None:
            self._messages.clear()
            self.log.take(now, (), self._of_gone_rules(now))
            return
        if not looks:
            self._restored += restored
            return
        restored, self._restored = [*self._restored, *restored], []
        is_first, engine = self._engine is None, self._engine_of(restored)
        made = engine.look(self._round_of(looks, is_first=is_first))
        again = {(alert.rule_id, alert.hex) for alert in restored if alert.triggered_at > now.wall - AGAIN_S}
        new = [self._new(trigger) for trigger in made if (int(trigger.rule_id), trigger.hex) not in again]
        if self.log.take(now, new, self._ends(engine, now)):
            self.stored()
        self.took_s = self._clock.steady() - now.steady

    def _drop(self) -> None:
        """Rules do not run here now."""
        self._engine, self._before, self._restored = None, {}, []

    def _engine_of(self, restored: Iterable[Alert]) -> Engine:
        if self._engine is None:
            self._engine, self._must_set = self._make_engine(), True
        if self._must_set:
            self._must_set = False
            self._engine.set_rules(self._rules.rules, self._rules.watchlists, Yielder(self._clock.steady).maybe_yield)
        matches = [ActiveMatch(str(one.rule_id), one.hex, one.triggered_at, one.ended_at) for one in restored]
        if matches:
            self._engine.restore(matches)
        return self._engine

    def _round_of(self, looks: Sequence[Looked], *, is_first: bool) -> AlertRound:
        """What happened in these looks, and the aircraft of the last one. In the first round of an engine a safety event that is as young
        as AGAIN_S is one that begins: the process before may have stored it, and no alert of it."""
        changes = [change for look in looks for change in look.changes]
        if is_first:
            young = looks[-1].now.wall - AGAIN_S
            changes = [
                Change(Action.OPENED, event) if event.started > young else Change(action, event) for action, event in changes
            ]
        latest, before = looks[-1], self._before
        self._before = latest.aircraft
        changed = [hex_ for hex_, state in latest.aircraft.items() if before.get(hex_) is not state]
        if self._asks_history:
            changed += self._seen.look_up(latest.aircraft, latest.now)
        messages = [message for _, message in self._messages]
        self._messages.clear()
        return self._make_round(latest, changed, [movement for look in looks for movement in look.moved], changes, messages)

    def _make_round(
        self,
        latest: Looked,
        changed: Collection[str],
        moved: Sequence[Movement] = (),
        changes: Sequence[Change] = (),
        messages: Sequence[Message] = (),
    ) -> AlertRound:
        return AlertRound(
            now=latest.now.steady,
            wall=latest.now.wall,
            aircraft=latest.aircraft,
            changed=changed,
            place_exact=self._view.location,
            place_public=self._view.observer(PUBLIC),
            movements=moved,
            behaviors={hex_: found for hex_ in latest.aircraft if (found := self._behaviors_of(hex_))},
            safety=changes,
            messages=messages,
            facts=self._seen.known,
            objects=self._object,
            pause=Yielder(self._clock.steady).maybe_yield,
        )

    def _object(self, hex_: str) -> Mapping[str, Any] | None:
        return self._view.tracker.aircraft(hex_, self._clock.steady())

    def _ends(self, engine: Engine, now: Moment) -> list[End]:
        """The matches that ended, also because their rule is gone."""
        return [End((int(end.rule_id), end.hex), end.at, end.triggered_at) for end in engine.ended] + self._of_gone_rules(now)

    def _of_gone_rules(self, now: Moment) -> list[End]:
        return [End(subject, now.wall) for subject in self.log.active if str(subject[0]) not in self._owned]

    def _new(self, trigger: Trigger) -> New:
        owned = self._owned.get(trigger.rule_id)
        known = {} if owned is None else {name: self._rules.destinations.get(name) for name in owned.rule.destinations}
        own = {name: found for name, found in known.items() if found is not None and found.owner_id == trigger.owner_id}
        alert = Alert(
            id=f"a-{secrets.token_hex(10)}",
            owner_id=trigger.owner_id,
            rule_id=int(trigger.rule_id),
            rule_version=trigger.rule_version,
            rule_name=trigger.rule_name,
            message=trigger.message,
            triggered_at=trigger.at,
            matched_until=trigger.at,
            hex=trigger.hex,
            callsign=trigger.callsign,
            matched=trigger.matched,
            aircraft=trigger.aircraft or None,
            notify=any(found.kind == BROWSER for found in own.values()),
            held_until=trigger.held_until,
            ended_at=trigger.at if trigger.suppressed else None,
            suppressed=trigger.suppressed,
            demo=self._view.demo,
        )
        sent_to = {int(name): found.kind for name, found in own.items() if found.kind != BROWSER} if self._delivers else {}
        return New(alert, deliveries_of(alert, sent_to))

    def _announce(self, found: Iterable[Alert], *, new: bool) -> None:
        stream = self._sky.streams.get(AlertsStream.topic.name)
        if isinstance(stream, AlertsStream):
            if new:
                self._sky.publish_from(stream.topic.name, stream.announce(found))
            else:
                stream.keep(found)

    # -- for people --------------------------------------------------------------------------------

    def preview(self, rule: OwnedRule, watchlists: Iterable[Watchlist] = ()) -> Sequence[str]:
        """The hexes of the aircraft that the rule would match now; `watchlists`: those that it names."""
        if self._latest is None:
            return ()
        if _asks_history(rule.rule.match):
            self._seen.look_up(self._latest.aircraft, self._latest.now)
        return self._make_engine().preview(rule, self._make_round(self._latest, self._latest.aircraft), watchlists)


def _asks_history(node: Node) -> bool:
    """Whether a condition asks for what the history says of an aircraft."""
    if isinstance(node, Condition):
        return node.field in HISTORY_FIELDS
    return any(_asks_history(inner) for inner in node.nodes)
