"""Trying a rule that is not saved on sample messages."""

from collections.abc import AsyncIterator, Sequence

from filter_service.domain.findings import Findings, Sent
from filter_service.domain.message import Item
from filter_service.domain.rule import Group, Rule
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from filter_service.scanning import find_all
from service_kit.revision import NO_RULES

MOST_SAMPLES = 100
"""Messages in one trial."""
ANY_GROUP = Group(chat_id="trial", owner_userid="", ordinal=0)
"""Stands for every group that a rule on trial may be bound to."""


def snapshot_of(rule: Rule) -> Snapshot:
    """Returns what judges by one rule alone, which is bound to `ANY_GROUP`."""
    bound = BindingChange(Operation.BIND, (rule.rule_id,), 0, b"\x80")
    return Snapshot().changed([rule, ANY_GROUP, bound], NO_RULES)


async def try_rule(rule: Rule, samples: Sequence[tuple[Item, ...]]) -> AsyncIterator[Findings]:
    """Yields what the rule finds in each sample, as if it were enabled in the group the samples are sent in.

    One after the other: a flood of overlapping hits takes much memory, and a call that is given up ends between two.
    """
    snapshot = snapshot_of(rule)
    for items in samples:
        [found] = await find_all(snapshot, [Sent(ANY_GROUP, items)])
        yield found
