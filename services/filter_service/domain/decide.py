"""From hits and counts to a verdict."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from filter_service.domain.claim import effects_of
from filter_service.domain.counted_hits import allowances, claims_of, counted_hits
from filter_service.domain.counting import Tally
from filter_service.domain.findings import Findings
from filter_service.domain.message import Message
from filter_service.domain.rule import Blacklist, State
from filter_service.domain.sender import SenderKind
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import NO_EFFECTS, Decision, Effects, Reason, Skipped, Verdict
from service_kit.revision import Revision

_ALWAYS_ALLOWED = {SenderKind.STAFF: Reason.STAFF, SenderKind.ROBOT: Reason.ROBOT}
_LISTED = {Blacklist.ENTERPRISE: Reason.ENTERPRISE_BLACKLIST, Blacklist.PERSONAL: Reason.PERSONAL_BLACKLIST}


def decide_unruled(
    snapshot: Snapshot, message: Message, listed: Blacklist, skipped: Sequence[Skipped] = ()
) -> Verdict | None:
    """Decides what needs no rules: own people, listed and exempt senders, groups without rules.

    None if rules must decide.
    """
    revision, sender = snapshot.revision, message.sender
    if sender.kind is not SenderKind.CUSTOMER:
        return Verdict(Decision.ALLOW, _ALWAYS_ALLOWED[sender.kind], revision)
    if listed is not Blacklist.NONE:
        return Verdict(Decision.KICK, _LISTED[listed], revision, Effects(kick=True))
    group = snapshot.groups.get(message.chat_id)
    if snapshot.exemptions.hold(sender.external_userid, group.owner_userid if group else None):
        return Verdict(Decision.ALLOW, Reason.EXEMPT, revision, not_evaluated=tuple(skipped))
    if group is None:
        return Verdict(Decision.ALLOW, Reason.UNREGISTERED_GROUP, revision, not_evaluated=tuple(skipped))
    return None


def decide_by_rules(
    snapshot: Snapshot,
    message: Message,
    findings: Findings,
    tally: Tally,
    shown: str,
    skipped: Iterable[Skipped],
) -> Verdict:
    """Merges what all hit rules ask for.

    Args:
        snapshot: what the findings are from.
        message: what was judged.
        findings: what was found.
        tally: what was counted; what is missing in it could not be, and a rule that kicks after warnings only warns then.
        shown: stands for the sender's nickname in a warning.
        skipped: checks that could not be made.
    """
    skipped = tuple(skipped)
    if not findings.wants_counting:
        return _nothing(snapshot.revision, skipped)
    counted = counted_hits(findings, tally)
    hits, shadow_hits = findings.hits, findings.shadow_hits
    if counted:
        hits += tuple(hit for hit in counted if hit.rule.state is State.ENABLED)
        shadow_hits += tuple(hit for hit in counted if hit.rule.state is State.SHADOW)
    decision, reason, effects = Decision.ALLOW, Reason.NO_HIT, NO_EFFECTS
    if hits:
        claims = claims_of(findings, counted, tally)
        effects = effects_of(claims, snapshot.groups[message.chat_id].owner_userid, shown)
        decision, reason = Decision.KICK if effects.kick else Decision.WARN, Reason.RULE_HIT
    return Verdict(
        decision,
        reason,
        snapshot.revision,
        effects,
        hits,
        shadow_hits,
        skipped,
        allowances(findings, tally),
        tally.strikes,
    )


@lru_cache(maxsize=1_000)
def _nothing(revision: Revision, skipped: tuple[Skipped, ...]) -> Verdict:
    return Verdict(Decision.ALLOW, Reason.NO_HIT, revision, not_evaluated=skipped)


def listed_reason(listed: Blacklist) -> Reason:
    """Returns why somebody is kicked who is on a list."""
    return _LISTED[listed]
