"""Trying a rule that is not saved on sample messages."""

from collections.abc import AsyncIterator, Sequence

from filter_service.domain.findings import Findings
from filter_service.domain.message import Item
from filter_service.domain.rule import Group, Rule
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from filter_service.scanning import find_all
from service_kit.revision import NO_RULES

MOST_SAMPLES = 100
"""Messages in one trial."""
_GROUP = Group(chat_id="trial", owner_userid="", ordinal=0)


async def try_rule(rule: Rule, samples: Sequence[tuple[Item, ...]]) -> AsyncIterator[Findings]:
    """Yields what the rule finds in each sample, as if it were enabled in the group the samples are sent in.

    One after the other: a flood of overlapping hits takes much memory, and a call that is given up ends between two.
    """
    bound = BindingChange(Operation.BIND, (rule.rule_id,), 0, b"\x80")
    snapshot = Snapshot().changed([rule, _GROUP, bound], NO_RULES)
    for items in samples:
        [found] = await find_all(snapshot, [(_GROUP, items)])
        yield found
