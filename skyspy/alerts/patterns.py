"""Texts that contain, start with or match something: by RE2, whose time is linear in the length of the text, for all rules at once.

All patterns of a field are in one Set, so that a text is looked at once and not once for each pattern; what matched is kept by text.
Where the Set would be too large there are several. Patterns that come later are in another one until they are joined, so that a
change of one rule costs nothing of what the others know. An owner with large patterns has Sets of their own. What is new in one round
is bounded too: where there is more, some texts are not known until a later round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import re2

MAX_PATTERN = 200
"""Characters of a pattern."""
MAX_STEPS = 300
"""RE2's instructions of one pattern: `^N\\d{3}PD$` has 9, `.{100}` about 200."""
MAX_OWN_STEPS = 2000
"""Instructions of all patterns of an owner for one field in the common Sets."""
MAX_SET_STEPS = 3000
"""Instructions of one Set: it is compiled in some 10 ms, and a text of 64 characters that is new to it takes at most as long."""
MAX_MORE_SETS, MAX_UNUSED = 4, 64
"""Sets beyond those that are needed, and patterns that no rule has any more, before Sets are joined."""
MAX_BYTES = 4000
"""Of texts that are new to a Set in one round; a callsign has 8."""
MAX_KEPT = 20_000
"""Texts whose result a Set keeps."""
MAX_KEPT_CHARACTERS = 2_000_000
"""Characters of these texts in all."""
MAX_MEM = 1 << 20
"""Bytes for one pattern that is compiled alone."""


class PatternError(ValueError):
    """A pattern that cannot be used. Its text says what to do."""


def encoded(text: str) -> bytes:
    """A text as patterns see it: one byte for each character, a question mark for what is not Latin-1."""
    return text.encode("latin-1", "replace")


def _options(max_mem: int | None = None) -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    options.encoding = re2.Options.Encoding.LATIN1
    if max_mem is not None:
        options.max_mem = max_mem
    return options


def check_pattern(pattern: str) -> None:
    """Raises PatternError where this pattern is not allowed."""
    if not 0 < len(pattern) <= MAX_PATTERN:
        raise PatternError(f"Give a pattern of 1 to {MAX_PATTERN} characters.")
    try:
        pattern.encode("latin-1")
    except UnicodeEncodeError:
        raise PatternError("Use Latin letters; write . for another one.") from None
    try:
        steps = steps_of(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        shown = reason.decode("latin-1") if isinstance(reason, bytes) else str(reason)
        raise PatternError(
            f"RE2 cannot use this pattern ({shown[:100]}); it has no look-around and no back-references."
        ) from None
    if steps > MAX_STEPS:
        raise PatternError("The pattern is too large; use fewer or smaller repetitions.")


@lru_cache(maxsize=4096)
def steps_of(pattern: str) -> int:
    """RE2's instructions of a pattern in Latin-1. Raises re2.error."""
    return int(re2.compile(pattern.encode("latin-1"), _options(MAX_MEM)).programsize)


def literal(text: str, *, at_start: bool) -> str:
    """The pattern for texts that contain this one, or start with it."""
    escaped = re2.escape(encoded(text)).decode("latin-1")
    return f"^{escaped}" if at_start else escaped


class PatternSet:
    """Patterns that are looked for together. Each is in it once."""

    __slots__ = ("_alone", "_kept", "_set", "alone", "bytes_left", "known", "patterns", "steps")

    def __init__(self, patterns: Sequence[str], steps: int, max_mem: int | None = None) -> None:
        self.patterns, self.steps = tuple(patterns), steps
        self.bytes_left = MAX_BYTES
        self.alone = 0
        """Texts for which the Set ran out of memory, so that each pattern was tried by itself."""
        self.known: dict[str, frozenset[str]] = {}
        """By text, the patterns that it matches."""
        self._kept = 0
        self._alone: list[re2.Regexp] | None = None
        self._set: re2.Set | None = re2.Set.SearchSet(_options(max_mem))
        # The empty pattern matches every text: where it does not, the Set has failed, of which it says nothing else.
        self._set.Add(b"")
        for pattern in self.patterns:
            self._set.Add(pattern.encode("latin-1"))
        try:
            self._set.Compile()
        except re2.error:
            self._set = None

    def found_in(self, text: str, pause: Callable[[], None] = lambda: None) -> frozenset[str] | None:
        """The patterns that this text matches; None where too many texts were new in this round. `pause` is called after each new one."""
        found = self.known.get(text)
        if found is not None:
            return found
        if self.bytes_left <= 0:
            return None
        self.bytes_left -= len(text) + 1
        data = encoded(text)
        places = () if self._set is None else self._set.Match(data)
        found = frozenset(self.patterns[place - 1] for place in places if place) if 0 in places else self._one_by_one(data)
        if len(self.known) >= MAX_KEPT or self._kept > MAX_KEPT_CHARACTERS:
            self.known.clear()
            self._kept = 0
        self._kept += len(text)
        self.known[text] = found
        pause()
        return found

    def _one_by_one(self, data: bytes) -> frozenset[str]:
        self.alone += 1
        if self._alone is None:
            self._alone = [re2.compile(pattern.encode("latin-1"), _options(MAX_MEM)) for pattern in self.patterns]
        return frozenset(pattern for pattern, one in zip(self.patterns, self._alone, strict=True) if one.search(data) is not None)


class FieldPatterns:
    """All patterns of one field. `update` after rules have changed, `begin` in each round."""

    def __init__(self) -> None:
        self._common: list[PatternSet] = []
        self._own: dict[int, list[PatternSet]] = {}
        self._set_of: dict[str, PatternSet] = {}

    @property
    def sets(self) -> list[PatternSet]:
        """Every Set in use."""
        return [*self._common, *(one for own in self._own.values() for one in own)]

    def set_of(self, owner_id: int, pattern: str) -> PatternSet | None:
        """The Set in which a pattern of this owner is looked for; None where it is not one of those of the last update."""
        own = self._own.get(owner_id)
        if own is not None:
            return next((one for one in own if pattern in one.patterns), None)
        return self._set_of.get(pattern)

    def begin(self) -> None:
        """Begin a round."""
        for one in self.sets:
            one.bytes_left = MAX_BYTES

    def update(self, patterns: Mapping[int, Iterable[str]], pause: Callable[[], None] = lambda: None) -> None:
        """Take the patterns of each owner that are needed from now on; all have passed check_pattern, or are literal. `pause` is called
        between pieces of work."""
        common: dict[str, int] = {}
        own: dict[int, dict[str, int]] = {}
        for owner_id, every in patterns.items():
            steps = {pattern: steps_of(pattern) for pattern in sorted(set(every))}
            pause()
            if sum(steps.values()) > MAX_OWN_STEPS:
                own[owner_id] = steps
            else:
                common.update(steps)
        self._own = {owner_id: _kept_or_made(self._own.get(owner_id, []), steps) for owner_id, steps in own.items()}
        self._common = _updated(self._common, dict(sorted(common.items())), pause)
        self._set_of = {pattern: one for one in self._common for pattern in one.patterns if pattern in common}


def _updated(sets: list[PatternSet], needed: Mapping[str, int], pause: Callable[[], None]) -> list[PatternSet]:
    """The common Sets with these patterns. New patterns are put into a Set of their own, so that nothing of what the others know is
    lost; where there are many Sets or patterns without use, those that know the same texts are joined."""
    have = {pattern for one in sets for pattern in one.patterns}
    made = _made({pattern: steps for pattern, steps in needed.items() if pattern not in have})
    enough = sum(needed.values()) // MAX_SET_STEPS + MAX_MORE_SETS
    if len(sets) + len(made) <= enough and len(have - needed.keys()) <= max(MAX_UNUSED, len(needed)):
        return sets + made
    most = max((one.known for one in sets), key=len, default={})
    ready = [one for one in sets if most.keys() <= one.known.keys()]
    late = [one for one in sets if one not in ready]
    if len(late) >= MAX_MORE_SETS:
        ready, late = sets, []
    kept = {pattern for one in ready for pattern in one.patterns} & needed.keys()
    joined = _made({pattern: steps for pattern, steps in needed.items() if pattern in kept})
    for text in set.intersection(*(set(one.known) for one in ready)) if ready else ():
        found = frozenset().union(*(one.known[text] for one in ready))
        pause()
        for one in joined:
            one.known[text] = found.intersection(one.patterns)
    return [*joined, *late, *made]


def _kept_or_made(sets: list[PatternSet], steps: Mapping[str, int]) -> list[PatternSet]:
    kept = {pattern for one in sets for pattern in one.patterns}
    return sets if kept == steps.keys() else _made(steps)


def _made(steps: Mapping[str, int]) -> list[PatternSet]:
    """Sets of these patterns, each of at most MAX_SET_STEPS."""
    made: list[PatternSet] = []
    patterns: list[str] = []
    total = 0
    for pattern, size in steps.items():
        if patterns and total + size > MAX_SET_STEPS:
            made.append(PatternSet(patterns, total))
            patterns, total = [], 0
        patterns.append(pattern)
        total += size
    if patterns:
        made.append(PatternSet(patterns, total))
    return made
