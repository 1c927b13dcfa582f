"""What a group's rules find about a sender, and what they want counted."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from filter_service.domain.content import content_of
from filter_service.domain.keyword_hits import Binds, Scanned, keyword_hits
from filter_service.domain.message import Item
from filter_service.domain.plan import Plan
from filter_service.domain.rule import Rule
from filter_service.domain.sender import Sender
from filter_service.domain.verdict import Check, Condition, Hit, Skipped, SkipReason


class Counted(NamedTuple):
    """What is to be counted of a message."""

    frequency: tuple[Rule, ...] = ()
    """Rules for which the sender's messages are."""
    repeat: tuple[Rule, ...] = ()
    """The same for messages that say the same."""
    content: str = ""
    """What this one says, where there are such rules."""


NOTHING_COUNTED = Counted()


def find_about(
    rules: Mapping[str, Rule],
    plan: Plan,
    sender: Sender,
    binds: Binds,
    names: Iterable[Scanned],
    absent: set[str],
) -> list[Hit]:
    """Returns what the rules have against a sender by name or by who it is.

    Args:
        rules: the corp's rules.
        plan: the group's.
        sender: who sent the message.
        binds: tells whether a rule is bound to the group.
        names: the sender's names, as far as known, with the words found there.
        absent: rules, by rule_id, that need to know more of the sender are added here.
    """
    hits = [
        hit
        for name in names
        for hit, is_excused in keyword_hits(rules, binds, name, {}, Condition.NICKNAME_KEYWORDS)
        if not is_excused
    ]
    if plan.nickname_rules and (sender.group_nickname is None or sender.name is None):
        absent |= plan.nickname_rules.difference(hit.rule.rule_id for hit in hits)
    return hits + [Hit(rule, Condition.MUTED_SENDERS) for rule in plan.muted.chosen(sender, absent)]


def find_counted(
    plan: Plan,
    sender: Sender,
    items: tuple[Item, ...],
    is_late: bool,
    absent: set[str],
    skipped: list[Skipped],
) -> Counted:
    """Returns what is to be counted; what can't be is added to `skipped`, rules that need to know more to `absent`."""
    frequency, repeat = plan.frequency.chosen(sender, absent), plan.repeat.chosen(sender, absent)
    if is_late:
        skipped += _skipped(Check.FREQUENCY, SkipReason.TOO_LATE, frequency)
        skipped += _skipped(Check.REPEAT, SkipReason.TOO_LATE, repeat)
        return NOTHING_COUNTED
    if not repeat:
        return Counted(frequency)
    content = content_of(items)
    if content is None:
        skipped += _skipped(Check.REPEAT, SkipReason.FACT_ABSENT, repeat)
        return Counted(frequency)
    return Counted(frequency, repeat, content)


def _skipped(check: Check, reason: SkipReason, rules: Iterable[Rule]) -> list[Skipped]:
    rule_ids = tuple(sorted(rule.rule_id for rule in rules))
    return [Skipped(check, reason, rule_ids)] if rule_ids else []
