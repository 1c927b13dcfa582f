"""Judging a batch: one snapshot, one look at the blacklists, one scan, one count, then the merging."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from filter_service.activity import Activity
from filter_service.blacklists import Blacklists, BlacklistsUnavailable, Lookup
from filter_service.case import Case, Outcome
from filter_service.corps import Corps
from filter_service.counters import Counters
from filter_service.domain.message import Message
from filter_service.domain.rule import Blacklist
from filter_service.domain.sender import SenderKind
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import Check, Decision, Reason, Skipped, SkipReason, Verdict
from filter_service.listing import list_senders
from filter_service.records.recorder import Recorder
from filter_service.scanning import find_all
from service_kit.errors import CheckUnavailable
from service_kit.request_log import log
from service_kit.revision import Revision

_NO_BLACKLIST = Skipped(Check.BLACKLIST, SkipReason.UNAVAILABLE)


class Judge:
    """Judges messages, and who joins or renames."""

    def __init__(
        self,
        corps: Corps,
        blacklists: Blacklists,
        counters: Counters,
        activity: Activity,
        recorder: Recorder,
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives seconds since 1970."""
        self._recorder = recorder
        self._corps = corps
        self._blacklists = blacklists
        self._counters = counters
        self._activity = activity
        self._clock = clock
        self.unchecked: Counter[str] = Counter()
        """How often each check could not be made because something did not answer, by the check's name."""
        self.verdicts: Counter[tuple[Decision, Reason]] = Counter()
        """Verdicts by what they say; those of messages without one are not counted."""

    async def judge(
        self,
        corp_id: str,
        messages: Sequence[Message],
        at_least: Revision | None,
        lists_at_least: Revision | None = None,
    ) -> list[Outcome]:
        """Returns what came of each message, all by one snapshot.

        What BlacklistService or the ephemeral store can't tell is left out and named in `not_evaluated`; or there
        is no verdict on the messages concerned, where the corp wants it so. Nothing is counted for those without a
        look at the blacklists.

        Raises:
            RulesUnavailable, RevisionUnknown: there is no snapshot to judge by, or there are no such blacklists.
        """
        snapshot = await self._corps.snapshot(corp_id, at_least)
        outcomes = await self._judge(corp_id, snapshot, messages, lists_at_least, are_messages=True)
        active: dict[str, float] = {}
        for message in messages:
            if message.sender.kind is SenderKind.CUSTOMER and message.chat_id in snapshot.groups:
                active[message.chat_id] = max(message.sent_at, active.get(message.chat_id, 0.0))
        for chat_id, at in active.items():
            self._activity.note(corp_id, chat_id, at)
        self._note(corp_id, snapshot, messages, outcomes)
        return outcomes

    async def judge_member(
        self,
        corp_id: str,
        event: Message,
        at_least: Revision | None,
        lists_at_least: Revision | None,
        *,
        joins: bool,
    ) -> Outcome:
        """Returns what came of somebody who joins or renames; the event is a message that holds nothing.

        Raises:
            RulesUnavailable, RevisionUnknown: there is no snapshot to judge by, or there are no such blacklists.
        """
        snapshot = await self._corps.snapshot(corp_id, at_least)
        [outcome] = await self._judge(corp_id, snapshot, [event], lists_at_least, are_messages=False)
        if joins and isinstance(outcome, Verdict) and outcome.decision is Decision.KICK:
            outcome = outcome._replace(decision=Decision.REFUSE)
        self._note(corp_id, snapshot, [event], [outcome])
        return outcome

    def _note(
        self, corp_id: str, snapshot: Snapshot, messages: Sequence[Message], outcomes: Sequence[Outcome]
    ) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Verdict):
                self.verdicts[outcome.decision, outcome.reason] += 1
        self._recorder.note(corp_id, snapshot, messages, outcomes)

    async def _judge(
        self,
        corp_id: str,
        snapshot: Snapshot,
        messages: Sequence[Message],
        lists_at_least: Revision | None,
        *,
        are_messages: bool,
    ) -> list[Outcome]:
        now_ms = round(self._clock() * 1000)
        lookups = [_lookup(snapshot, message) for message in messages]
        listed, skipped = await self._look_up(corp_id, lookups, lists_at_least)
        cases = [
            Case(snapshot, message, listed.get(lookup, Blacklist.NONE) if lookup else Blacklist.NONE, skipped)
            for message, lookup in zip(messages, lookups, strict=True)
        ]
        seen = [case for case in cases if case.is_to_be_scanned]
        sent = [case.sent(now_ms, counts=are_messages) for case in seen]
        for case, found in zip(seen, await find_all(snapshot, sent), strict=True):
            case.findings = found
        asking = [case for case in cases if case.is_to_be_counted]
        if asking:
            questions = [case.question(is_event=not are_messages) for case in asking]
            answers = await self._counters.count(corp_id, snapshot.revision, now_ms, questions)
            for case, answer in zip(asking, answers, strict=True):
                case.answer = answer
        outcomes = [case.outcome() for case in cases]
        self._note_unchecked(outcomes)
        return await list_senders(self._blacklists, corp_id, messages, outcomes)

    async def _look_up(
        self, corp_id: str, lookups: Sequence[Lookup | None], at_least: Revision | None
    ) -> tuple[Mapping[Lookup, Blacklist], list[Skipped]]:
        try:
            asked = [it for it in lookups if it is not None]
            return await self._blacklists.look_up(corp_id, asked, at_least), []
        except BlacklistsUnavailable as error:
            log().warning("blacklists not looked at", corp_id=corp_id, why=str(error))
            return {}, [_NO_BLACKLIST]

    def _note_unchecked(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, CheckUnavailable):
                self.unchecked[outcome.metadata["check"]] += 1
            elif outcome.not_evaluated:
                for skipped in outcome.not_evaluated:
                    if skipped.reason is SkipReason.UNAVAILABLE:
                        self.unchecked[skipped.check.name] += 1


def _lookup(snapshot: Snapshot, message: Message) -> Lookup | None:
    """Returns what to look up: nothing for own people."""
    if message.sender.kind is not SenderKind.CUSTOMER:
        return None
    group = snapshot.groups.get(message.chat_id)
    return message.sender.external_userid, group.owner_userid if group else ""
