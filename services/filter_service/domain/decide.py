"""From hits to a verdict."""

from collections.abc import Iterable, Mapping, Sequence

from filter_service.domain.findings import KICKING, Findings
from filter_service.domain.message import Message, SenderKind
from filter_service.domain.rule import ActionKind, Blacklist, Rule
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import Decision, Effects, Reason, Skipped, Verdict
from filter_service.domain.warning import render_warning

_ALWAYS_ALLOWED = {SenderKind.STAFF: Reason.STAFF, SenderKind.ROBOT: Reason.ROBOT}
_LISTED = {Blacklist.ENTERPRISE: Reason.ENTERPRISE_BLACKLIST, Blacklist.PERSONAL: Reason.PERSONAL_BLACKLIST}
_NOTHING = Effects()


def decide_unruled(
    snapshot: Snapshot, message: Message, listed: Blacklist, skipped: Sequence[Skipped] = ()
) -> Verdict | None:
    """Decides what needs no rules: own people, listed and exempt senders, groups without rules.

    None if rules must decide.
    """
    revision = snapshot.revision
    if message.sender_kind in _ALWAYS_ALLOWED:
        return Verdict(Decision.ALLOW, _ALWAYS_ALLOWED[message.sender_kind], revision)
    if listed is not Blacklist.NONE:
        return Verdict(Decision.KICK, _LISTED[listed], revision, Effects(kick=True))
    group = snapshot.groups.get(message.chat_id)
    if snapshot.exemptions.hold(message.external_userid, group.owner_userid if group else None):
        return Verdict(Decision.ALLOW, Reason.EXEMPT, revision, not_evaluated=tuple(skipped))
    if group is None:
        return Verdict(Decision.ALLOW, Reason.UNREGISTERED_GROUP, revision, not_evaluated=tuple(skipped))
    return None


def decide_by_rules(
    snapshot: Snapshot,
    message: Message,
    findings: Findings,
    struck_out: Mapping[str, bool],
    skipped: Iterable[Skipped],
) -> Verdict:
    """Merges what all hit rules ask for.

    Args:
        snapshot: what the findings are from.
        message: what was judged.
        findings: what was found.
        struck_out: for each rule that counts strikes, whether this one is one too many; rules that are missing
            could not be counted and only warn.
        skipped: checks that could not be made.
    """
    effects = _effects(snapshot, message, findings.rules, struck_out) if findings.hits else _NOTHING
    decision = Decision.KICK if effects.kick else Decision.WARN if findings.hits else Decision.ALLOW
    return Verdict(
        decision,
        Reason.RULE_HIT if findings.hits else Reason.NO_HIT,
        snapshot.revision,
        effects,
        findings.hits,
        findings.shadow_hits,
        tuple(skipped),
    )


def _effects(
    snapshot: Snapshot, message: Message, rules: Sequence[Rule], struck_out: Mapping[str, bool]
) -> Effects:
    kick = any(_kicks(rule, struck_out) for rule in rules)
    speaking = [rule for rule in rules if rule.action.warning_text]
    warning = max(speaking, key=lambda rule: _strength(rule, struck_out), default=None)  # the first of equals
    asking = [rule for rule in rules if _acts_in_full(rule, struck_out)]
    widest = max(asking, key=lambda rule: rule.action.add_to_blacklist.value, default=None)
    add_to_blacklist = widest.action.add_to_blacklist if widest else Blacklist.NONE
    return Effects(
        kick=kick,
        warning_text=render_warning(snapshot.indexes, warning.action.warning_text, message.group_nickname)
        if warning
        else "",
        warning_rule_id=warning.rule_id if warning else "",
        add_to_blacklist=add_to_blacklist,
        blacklist_rule_id=widest.rule_id if widest and add_to_blacklist is not Blacklist.NONE else "",
    )


def _kicks(rule: Rule, struck_out: Mapping[str, bool]) -> bool:
    return rule.action.kind in KICKING or struck_out.get(rule.rule_id, False)


def _acts_in_full(rule: Rule, struck_out: Mapping[str, bool]) -> bool:
    """A customer who is only warned for now is not blacklisted by a rule that kicks later."""
    return rule.action.kind is not ActionKind.KICK_AFTER_WARNINGS or struck_out.get(rule.rule_id, False)


def _strength(rule: Rule, struck_out: Mapping[str, bool]) -> int:
    if rule.action.kind is ActionKind.WARN_AND_KICK:
        return 3
    return 2 if _kicks(rule, struck_out) else 1
