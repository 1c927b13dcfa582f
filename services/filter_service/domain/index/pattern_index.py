"""Patterns in two tiers: a large one that is built aside now and then, and a small one that is built on every edit.

What an edit changes lies in an overlay over the large tier, the *base*: the new postings of every pattern whose
postings are no longer those that the base was built with. The small tier, the *delta*, is an automaton over those
patterns of the overlay that the base does not know. So an edit costs as much as what was edited since the base was
built, and a pattern removed is no longer found though the base's automaton still knows it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from filter_service.domain.index.automaton import LARGE, SMALL, Engine
from filter_service.domain.index.posting import Posting, Postings
from filter_service.domain.index.tier import NO_PATTERNS, Find, Tier
from service_kit.matching.pairs import MayMeet


@dataclass(frozen=True, slots=True)
class Tuning:
    """Sizes and engines; results do not depend on them."""

    large: Engine = LARGE
    """Carries the base, and the delta beside a base."""
    small: Engine = SMALL
    """Carries the few patterns of a corp that has no base."""
    few: int = 500
    """From here on the large engine is worth its memory without a base: the small one takes as much, and scans at half
    the speed."""
    most_delta: int = 2_000
    """Patterns in the delta: built in 3 ms, on every edit. One edit that brings more builds a base at once, and more in
    all want one built."""
    most_overlay: int = 10_000
    """Patterns in the overlay, those that were only removed among them: copied in 1 ms, on every edit. More want a
    base built."""


_TUNING = Tuning()


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """A new base for an index, built aside."""

    base: Tier
    replaces: Tier
    """The base at the time."""
    included: Mapping[str, Postings]
    """The overlay at the time."""


@dataclass(frozen=True, slots=True, eq=False)
class PatternIndex:
    """Immutable: an edit makes another one that shares what did not change."""

    tuning: Tuning = _TUNING
    _base: Tier = NO_PATTERNS
    _delta: Tier = NO_PATTERNS
    """Over new patterns; their postings are in the overlay."""
    _overlay: Mapping[str, Postings] = field(default_factory=dict)

    find: Find = field(init=False, repr=False)
    """Finds every occurrence of every pattern, overlapping ones too, in no particular order.

    It takes a text that is folded as the patterns are, and returns (start, end, postings): code points of that text, half
    open; at least one posting.
    """
    may_meet: MayMeet = field(init=False, repr=False)
    """Tells whether two neighbours in a text may be in a pattern, one that only the overlay says is gone included."""

    def __post_init__(self) -> None:
        find = self._base.finder(self._overlay)
        may_meet: MayMeet = self._base.pairs.may_meet
        if self._delta is not NO_PATTERNS:
            find = _both(find, self._delta.finder(self._overlay))
            may_meet = _either(may_meet, self._delta.pairs.may_meet)
        object.__setattr__(self, "find", find)
        object.__setattr__(self, "may_meet", may_meet)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for; False may also mean that a new base has yet to tell."""
        return not self._base.postings and not self._overlay

    @property
    def size(self) -> int:
        """How many patterns there are, those counted that only the overlay says are gone."""
        return len(self._base.postings) + len(self._delta.postings)

    @property
    def wants_rebuild(self) -> bool:
        """Whether a new base would make scans and edits cheaper."""
        return (
            len(self._delta.postings) > self.tuning.most_delta
            or len(self._overlay) > self.tuning.most_overlay
        )

    def changed(self, removed: Iterable[tuple[str, Posting]], added: Iterable[tuple[str, Posting]]) -> Self:
        """Returns the index without some postings of patterns and with others.

        It takes as long as the change is large; more new patterns than fit into the delta build a base, which is work
        for a thread.
        """
        gone, new = _by_pattern(removed), _by_pattern(added)
        edited = {
            pattern: (*self._left(pattern, gone.get(pattern, ())), *new.get(pattern, ()))
            for pattern in {**gone, **new}
        }
        if not edited:
            return self
        if len(new) > self.tuning.most_delta:
            return type(self)(self.tuning, self._built(edited))
        overlay = dict(self._overlay)
        unknown = []
        for pattern, postings in edited.items():
            if postings == self._base.postings.get(pattern, ()):
                overlay.pop(pattern, None)
                continue
            overlay[pattern] = postings
            if pattern not in self._base.postings and pattern not in self._delta.postings:
                unknown.append(pattern)
        delta = self._delta
        live = (pattern for pattern in delta.postings if overlay.get(pattern))
        if unknown:
            delta = self._delta_of([*live, *unknown], self._base)
        elif next(live, None) is None:
            delta = NO_PATTERNS
        return type(self)(self.tuning, self._base, delta, overlay)

    def merged(self) -> Rebuilt:
        """Builds a base of all patterns, which is work for a thread."""
        return Rebuilt(self._built({}), self._base, self._overlay)

    def rebased(self, rebuilt: Rebuilt) -> Self:
        """Returns the index over a base that was built of an earlier state of it; every edit since stays.

        A base of an index that has another base by now is of no use, and the index stays as it is.
        """
        if rebuilt.replaces is not self._base:
            return self
        base = rebuilt.base
        now = ((pattern, self._postings(pattern)) for pattern in {**rebuilt.included, **self._overlay})
        overlay = {
            pattern: postings for pattern, postings in now if postings != base.postings.get(pattern, ())
        }
        unknown = [pattern for pattern in overlay if pattern not in base.postings]
        return type(self)(self.tuning, base, self._delta_of(unknown, base), overlay)

    def _postings(self, pattern: str) -> Postings:
        postings = self._overlay.get(pattern)
        return self._base.postings.get(pattern, ()) if postings is None else postings

    def _left(self, pattern: str, gone: Collection[Posting]) -> Postings:
        postings = self._postings(pattern)
        if not gone:
            return postings
        rule_ids = {
            posting.rule_id for posting in gone
        }  # compared first, since thousands of rules may share a word
        return tuple(
            posting for posting in postings if posting.rule_id not in rule_ids or posting not in gone
        )

    def _built(self, edited: Mapping[str, Postings]) -> Tier:
        everything = {**self._base.postings, **self._overlay, **edited}
        live = {pattern: postings for pattern, postings in everything.items() if postings}
        return Tier(live, self.tuning.large)

    def _delta_of(self, patterns: Collection[str], base: Tier) -> Tier:
        if not patterns:
            return NO_PATTERNS
        small = not base.postings and len(patterns) < self.tuning.few
        return Tier(dict.fromkeys(patterns, ()), self.tuning.small if small else self.tuning.large)


def _both(one: Find, other: Find) -> Find:
    return lambda text: [*one(text), *other(text)]


def _either(one: MayMeet, other: MayMeet) -> MayMeet:
    return lambda text: one(text) or other(text)


def _by_pattern(pairs: Iterable[tuple[str, Posting]]) -> Mapping[str, Collection[Posting]]:
    postings: dict[str, list[Posting]] = {}
    for pattern, posting in pairs:
        postings.setdefault(pattern, []).append(posting)
    return postings
