"""Judging a batch: one snapshot, one blacklist look-up, one count of strikes, then the merging."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import cache

from filter_service.activity import Activity
from filter_service.blacklists import Blacklists, BlacklistsUnavailable, ListFull, Lookup
from filter_service.corps import Corps
from filter_service.domain.decide import decide_by_rules, decide_unruled
from filter_service.domain.findings import Findings, unjudged
from filter_service.domain.message import Message, SenderKind
from filter_service.domain.rule import Blacklist
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import Check, Decision, Skipped, SkipReason, Verdict
from filter_service.scanning import find_all
from filter_service.strikes import Strike, Strikes
from service_kit.errors import CheckUnavailable
from service_kit.request_log import log
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable

_NO_BLACKLIST = Skipped(Check.BLACKLIST, SkipReason.UNAVAILABLE)
_NO_STRIKES = Skipped(Check.STRIKES, SkipReason.UNAVAILABLE)
_NO_MESSAGE_ID = Skipped(Check.RETRY, SkipReason.FACT_ABSENT)


Outcome = Verdict | CheckUnavailable
"""What comes of a message: a verdict, or why the corp wants none."""


class Judge:
    """Judges messages."""

    def __init__(self, corps: Corps, blacklists: Blacklists, strikes: Strikes, activity: Activity) -> None:
        self._corps = corps
        self._blacklists = blacklists
        self._strikes = strikes
        self._activity = activity

    async def judge(
        self, corp_id: str, messages: Sequence[Message], at_least: Revision | None
    ) -> list[Outcome]:
        """Returns what came of each message, all by one snapshot.

        What BlacklistService or the ephemeral store can't tell is left out and named in `not_evaluated`; or there
        is no verdict on the messages concerned, where the corp wants it so. Nothing is counted for those without a
        look at the blacklists.

        Raises:
            RulesUnavailable, RevisionUnknown: there is no snapshot to judge by.
        """
        snapshot = await self._corps.snapshot(corp_id, at_least)
        listed, skipped = await self._look_up(corp_id, snapshot, messages)
        strict = snapshot.settings.fail_unchecked
        outcomes: list[Outcome | None] = [
            CheckUnavailable(Check.BLACKLIST.name)
            if strict and skipped and message.sender_kind is SenderKind.CUSTOMER
            else decide_unruled(
                snapshot, message, listed.get(_lookup(snapshot, message), Blacklist.NONE), skipped
            )
            for message in messages
        ]
        open_ = [index for index, outcome in enumerate(outcomes) if outcome is None]
        sent = [(snapshot.groups[messages[index].chat_id], messages[index].items) for index in open_]
        findings = dict(zip(open_, await find_all(snapshot, sent), strict=True))
        kicked = {
            index
            for index, outcome in enumerate(outcomes)
            if isinstance(outcome, Verdict) and outcome.decision is Decision.KICK
        }
        struck_out, uncounted = await self._count_strikes(corp_id, snapshot, messages, findings, kicked)
        unjudged_in = cache(
            lambda chat_id: unjudged(snapshot, snapshot.groups[chat_id])
        )  # looks at many rules
        for index in open_:
            striking = bool(findings[index].striking_rules)
            if strict and striking and uncounted:
                outcomes[index] = CheckUnavailable(Check.STRIKES.name)
                continue
            outcomes[index] = decide_by_rules(
                snapshot,
                messages[index],
                findings[index],
                struck_out.get(index, {}),
                [
                    *skipped,
                    *unjudged_in(messages[index].chat_id),
                    *([_NO_STRIKES] if striking and uncounted else []),
                    *([_NO_MESSAGE_ID] if striking and not messages[index].message_id else []),
                ],
            )
        final = [outcome for outcome in outcomes if outcome is not None]
        self._note_activity(corp_id, snapshot, messages)
        return list(
            await asyncio.gather(
                *(self._blacklist(corp_id, snapshot, *pair) for pair in zip(messages, final, strict=True))
            )
        )

    def _note_activity(self, corp_id: str, snapshot: Snapshot, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.sender_kind is SenderKind.CUSTOMER and message.chat_id in snapshot.groups:
                self._activity.note(corp_id, message.chat_id, message.sent_at)

    async def _look_up(
        self, corp_id: str, snapshot: Snapshot, messages: Sequence[Message]
    ) -> tuple[Mapping[Lookup, Blacklist], list[Skipped]]:
        customers = [message for message in messages if message.sender_kind is SenderKind.CUSTOMER]
        try:
            return await self._blacklists.look_up(corp_id, (_lookup(snapshot, it) for it in customers)), []
        except BlacklistsUnavailable as error:
            log().warning("blacklists not looked at", corp_id=corp_id, why=str(error))
            return {}, [_NO_BLACKLIST]

    async def _count_strikes(
        self,
        corp_id: str,
        snapshot: Snapshot,
        messages: Sequence[Message],
        findings: Mapping[int, Findings],
        kicked: Set[int],
    ) -> tuple[dict[int, dict[str, bool]], bool]:
        """Returns what each counted message led to, by index, and whether counting failed."""
        if not snapshot.counts_strikes:
            return {}, False
        counted = {index: found for index, found in findings.items() if found.striking_rules or found.kicks}
        counted |= dict.fromkeys(kicked, Findings())
        order = sorted(counted)
        strikes = [
            _strike(messages[index], counted[index], index in kicked or counted[index].kicks)
            for index in order
        ]
        if not strikes:
            return {}, False
        try:
            return dict(zip(order, await self._strikes.count(corp_id, strikes), strict=True)), False
        except StoreUnavailable as error:
            log().warning("strikes not counted", corp_id=corp_id, why=str(error))
            return {}, True

    async def _blacklist(
        self, corp_id: str, snapshot: Snapshot, message: Message, verdict: Outcome
    ) -> Outcome:
        """Puts the sender on the list that the effects name; what goes wrong is told, and holds up nothing."""
        if isinstance(verdict, CheckUnavailable) or verdict.effects.add_to_blacklist is Blacklist.NONE:
            return verdict
        effects = verdict.effects
        owner = snapshot.groups[message.chat_id].owner_userid
        try:
            await self._blacklists.add(
                corp_id,
                effects.add_to_blacklist,
                owner,
                message.external_userid,
                effects.blacklist_rule_id,
                message.message_id,
            )
        except ListFull:
            return _with(verdict, SkipReason.LIST_FULL)
        except BlacklistsUnavailable:
            return _with(verdict, SkipReason.UNAVAILABLE)
        return verdict


def _lookup(snapshot: Snapshot, message: Message) -> Lookup:
    group = snapshot.groups.get(message.chat_id)
    return message.external_userid, group.owner_userid if group else ""


def _strike(message: Message, findings: Findings, kicks: bool) -> Strike:
    return Strike(
        message.chat_id,
        message.external_userid,
        message.message_id,
        message.sent_at,
        tuple((rule.rule_id, rule.action.warnings_before_kick) for rule in findings.striking_rules),
        kicks,
    )


def _with(verdict: Verdict, reason: SkipReason) -> Verdict:
    skipped = (*verdict.not_evaluated, Skipped(Check.ADD_TO_BLACKLIST, reason))
    return replace(verdict, not_evaluated=skipped)
