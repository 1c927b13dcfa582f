"""Putting senders on the blacklists that verdicts name."""

import asyncio
from collections.abc import Sequence

from filter_service.blacklists import Blacklists, BlacklistsUnavailable, ListFull
from filter_service.case import Outcome
from filter_service.domain.message import Message
from filter_service.domain.rule import Blacklist
from filter_service.domain.verdict import Check, Skipped, SkipReason, Verdict


async def list_senders(
    blacklists: Blacklists, corp_id: str, messages: Sequence[Message], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """Does what the verdicts' effects ask for; returns them with what went wrong, which holds up nothing."""
    asking = [
        (place, messages[place], outcome)
        for place, outcome in enumerate(outcomes)
        if isinstance(outcome, Verdict) and outcome.effects.add_to_blacklist is not Blacklist.NONE
    ]
    told = list(outcomes)
    if asking:
        reasons = await asyncio.gather(
            *(_list(blacklists, corp_id, message, verdict) for _, message, verdict in asking)
        )
        for (place, _, verdict), reason in zip(asking, reasons, strict=True):
            if reason is not None:
                skipped = (*verdict.not_evaluated, Skipped(Check.ADD_TO_BLACKLIST, reason))
                told[place] = verdict._replace(not_evaluated=skipped)
    return told


async def _list(
    blacklists: Blacklists, corp_id: str, message: Message, verdict: Verdict
) -> SkipReason | None:
    effects = verdict.effects
    try:
        await blacklists.add(
            corp_id,
            effects.add_to_blacklist,
            effects.owner_userid,
            message.sender.external_userid,
            effects.blacklist_rule_id,
            message.message_id,
        )
    except ListFull:
        return SkipReason.LIST_FULL
    except BlacklistsUnavailable:
        return SkipReason.UNAVAILABLE
    return None
