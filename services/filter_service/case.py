"""One message on its way from what is known of its sender to what comes of it."""

from collections.abc import Sequence

from filter_service.domain.counting import LATE_MS, Answer, Question, Remembered, Tally
from filter_service.domain.decide import decide_by_rules, decide_unruled
from filter_service.domain.findings import Findings, Sent
from filter_service.domain.message import Message
from filter_service.domain.recall import recall
from filter_service.domain.rule import Blacklist
from filter_service.domain.sender import SenderKind
from filter_service.domain.sender_findings import NOTHING_COUNTED
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.uncounted import first_uncounted, uncounted
from filter_service.domain.verdict import Check, Skipped, SkipReason, Verdict
from filter_service.domain.warning import SOMEBODY, shown_name
from service_kit.errors import CheckUnavailable

Outcome = Verdict | CheckUnavailable
"""What comes of a message: a verdict, or why the corp wants none."""

_NO_FINDINGS = Findings()
_NO_TALLY = Tally()
_NO_ID = Skipped(Check.RETRY, SkipReason.FACT_ABSENT)
_NO_MEMORY = Skipped(Check.RETRY, SkipReason.UNAVAILABLE)


class Case:
    """A message, and what is found out about it."""

    __slots__ = ("_listed", "_message", "_shown", "_skipped", "_snapshot", "_unruled", "answer", "findings")

    def __init__(
        self, snapshot: Snapshot, message: Message, listed: Blacklist, skipped: Sequence[Skipped]
    ) -> None:
        """Takes the list that the sender is on, and whether that could not be looked at."""
        self._snapshot = snapshot
        self._message = message
        self._listed = listed if message.sender.kind is SenderKind.CUSTOMER else Blacklist.NONE
        self._skipped = skipped
        self._unruled: Outcome | None
        if snapshot.settings.fail_unchecked and skipped and message.sender.kind is SenderKind.CUSTOMER:
            self._unruled = CheckUnavailable(Check.BLACKLIST.name)
        else:
            self._unruled = decide_unruled(snapshot, message, self._listed, skipped)
        self._shown = SOMEBODY
        self.findings = _NO_FINDINGS
        """What the rules find; to be set where it is to be scanned."""
        self.answer: Answer = _NO_TALLY
        """What the counters say; to be set where it is to be counted."""

    @property
    def is_to_be_scanned(self) -> bool:
        """Whether rules must decide, or may have decided the first time: before the sender was listed."""
        if self._unruled is None:
            return True
        return self._listed is not Blacklist.NONE and self._message.chat_id in self._snapshot.groups

    def sent(self, now_ms: int, *, counts: bool) -> Sent:
        """Returns what to scan."""
        message = self._message
        is_late = message.sent_at * 1000 < now_ms - LATE_MS
        return Sent(self._snapshot.groups[message.chat_id], message.items, message.sender, counts, is_late)

    @property
    def is_to_be_counted(self) -> bool:
        """Whether it hit anything or is among those counted, or is from somebody who is listed."""
        return self.findings.wants_counting or self._listed is not Blacklist.NONE

    def question(self, *, is_event: bool) -> Question:
        """Returns what to ask the counters: of somebody who is listed only whether it was judged before."""
        message = self._message
        group = self._snapshot.groups.get(message.chat_id)
        by_rules = self._unruled is None
        if by_rules:
            self._shown = shown_name(self._snapshot, self.findings, message.sender)
        return Question(
            message.message_id,
            message.chat_id,
            message.sender.external_userid,
            round(message.sent_at * 1000),
            self.findings.rules if by_rules else (),
            self.findings.counted if by_rules else NOTHING_COUNTED,
            self._listed,
            group.owner_userid if group else "",
            self._shown,
            is_event,
        )

    def outcome(self) -> Outcome:
        """Returns what comes of the message."""
        if isinstance(self.answer, Remembered):
            return recall(self._snapshot, self.findings, self.answer)
        if self._unruled is not None:
            return self._unruled
        snapshot, findings, tally = self._snapshot, self.findings, self.answer
        skipped = [*self._skipped, *findings.skipped]
        if tally is None:
            missing = first_uncounted(findings)
            if missing is not None and snapshot.settings.fail_unchecked:
                return CheckUnavailable(missing.name)
            skipped += [*uncounted(findings), _NO_MEMORY]
            tally = _NO_TALLY
        elif not self._message.message_id and (tally.frequency or tally.repeat or tally.strikes):
            skipped.append(_NO_ID)
        return decide_by_rules(snapshot, self._message, findings, tally, self._shown, skipped)
