"""What follows from rules that changed: as much work as they make, however many others there are."""

from collections import defaultdict
from collections.abc import Callable, Collection

from filter_service.domain.index import PatternIndex, Posting
from filter_service.domain.keyword_index import Indexes
from filter_service.domain.rule import Rule
from service_kit.matching.modes import MatchMode

Edit = tuple[Rule | None, Rule | None]
"""A rule before and after; None where there is none."""


def reindexed(indexes: Indexes, edits: Collection[Edit]) -> Indexes:
    """Returns the indexes for the rules after the edits; one that nothing changes in is the same object."""
    removed: defaultdict[MatchMode, list[tuple[str, Posting]]] = defaultdict(list)
    added: defaultdict[MatchMode, list[tuple[str, Posting]]] = defaultdict(list)
    for before, after in edits:
        old, new = before.patterns if before else (), after.patterns if after else ()
        kept = {*old} & {*new} if old and new else ()
        for mode, pattern, posting in old:
            if (mode, pattern, posting) not in kept:
                removed[mode].append((pattern, posting))
        for mode, pattern, posting in new:
            if (mode, pattern, posting) not in kept:
                added[mode].append((pattern, posting))
    if not removed and not added:
        return indexes
    changed = dict(indexes)
    for mode in {**removed, **added}:
        index = indexes.get(mode, PatternIndex()).changed(removed[mode], added[mode])
        if index.is_empty:
            changed.pop(mode, None)
        else:
            changed[mode] = index
    return changed


def members(
    before: frozenset[str], edits: Collection[Edit], belongs: Callable[[Rule], bool]
) -> frozenset[str]:
    """Returns the rule_ids of the rules that belong to a set after the edits; `before` itself if they are the same."""
    gone = {old.rule_id for old, _ in edits if old and old.rule_id in before}
    come = {new.rule_id for _, new in edits if new and belongs(new)}
    return before if gone == come else (before - gone) | come
