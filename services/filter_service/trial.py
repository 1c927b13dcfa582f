"""Trying a rule that is not saved on sample messages."""

from collections.abc import Sequence

from filter_service.domain.findings import Findings
from filter_service.domain.message import Item
from filter_service.domain.rule import Group, Rule
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from filter_service.scanning import find_all
from service_kit.revision import NO_RULES

MOST_SAMPLES = 100
"""Messages in one trial."""
_GROUP = Group(chat_id="trial", owner_userid="", ordinal=0)


async def try_rule(rule: Rule, samples: Sequence[tuple[Item, ...]]) -> list[Findings]:
    """Returns what the rule finds in each sample, as if it were enabled in the group the samples are sent in."""
    bound = BindingChange(Operation.BIND, (rule.rule_id,), 0, b"\x80")
    snapshot = Snapshot().changed([rule, _GROUP, bound], NO_RULES)
    return await find_all(snapshot, [(_GROUP, items) for items in samples])
