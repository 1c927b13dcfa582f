"""What follows from rules that changed: as much work as they make, however many others there are."""

from collections.abc import Callable, Collection, Iterable, Iterator
from operator import attrgetter

from filter_service.domain.compiled import Pattern
from filter_service.domain.index import PatternIndex, Posting
from filter_service.domain.keyword_index import Indexes
from filter_service.domain.rule import Rule
from service_kit.matching.modes import MatchMode

Edit = tuple[Rule | None, Rule | None]
"""A rule before and after; None where there is none."""


NO_PATTERNS = PatternIndex()


def reindexed(
    indexes: Indexes,
    edits: Collection[Edit],
    patterns_of: Callable[[Rule], tuple[Pattern, ...]] = attrgetter("patterns"),
) -> Indexes:
    """Returns the indexes for the rules after the edits; one that nothing changes in is the same object.

    Args:
        indexes: those before.
        edits: what changes.
        patterns_of: tells what the indexes find of a rule.
    """
    removed: list[Pattern] = []
    added: list[Pattern] = []
    for before, after in edits:
        old, new = patterns_of(before) if before else (), patterns_of(after) if after else ()
        kept = {*old} & {*new} if old and new else ()
        removed += [pattern for pattern in old if pattern not in kept] if kept else old
        added += [pattern for pattern in new if pattern not in kept] if kept else new
    if not removed and not added:
        return indexes
    changed = {
        mode: indexes.get(mode, NO_PATTERNS).changed(_of(mode, removed), _of(mode, added))
        for mode in MatchMode
    }
    return {mode: index for mode, index in changed.items() if not index.is_empty}


def _of(mode: MatchMode, patterns: Iterable[Pattern]) -> Iterator[tuple[str, Posting]]:
    return ((pattern, posting) for wanted, pattern, posting in patterns if wanted is mode)
