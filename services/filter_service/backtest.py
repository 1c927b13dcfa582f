"""What a rule that is not saved would have done about many messages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from filter_service.case import Case
from filter_service.counters.in_memory import MemoryCounters
from filter_service.domain.message import Message
from filter_service.domain.rule import Blacklist, Group, Rule
from filter_service.domain.sender import SenderKind
from filter_service.domain.verdict import Check, Condition, Decision, Hit, Skipped, Verdict
from filter_service.scanning import find_all
from filter_service.trial import ANY_GROUP, snapshot_of

MOST_MESSAGES = 1_000_000
"""Messages in one backtest."""
MOST_SAMPLES = 20
_AT_ONCE = 100
"""Messages scanned together: a flood of overlapping hits takes much memory."""

Found = tuple[Condition, str]
"""A condition, and the keyword if it is KEYWORDS."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A message that was hit."""

    index: int
    """Among all messages, counted from 0."""
    message: Message
    decision: Decision
    hits: tuple[Hit, ...]


@dataclass(slots=True)
class Report:
    """What was found up to now."""

    judged: int = 0
    own: int = 0
    """Messages of staff and robots."""
    excused: int = 0
    """Messages with nothing but what is excused."""
    decisions: Counter[Decision] = field(default_factory=Counter)
    messages: Counter[Found] = field(default_factory=Counter)
    hits: Counter[Found] = field(default_factory=Counter)
    senders: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)
    skipped: dict[Skipped, None] = field(default_factory=dict)
    """What could not be looked at in some messages, each once."""


class Backtest:
    """Judges messages by one rule alone, as if it were enabled and bound to every group."""

    def __init__(self, rule: Rule) -> None:
        self.report = Report()
        self._groups: dict[str, Group] = {}
        self._snapshot = replace(snapshot_of(rule), groups=self._groups)
        self._counters = MemoryCounters()

    async def take(self, numbered: Sequence[tuple[int, Message]]) -> None:
        """Judges some more messages, each with its place among all."""
        for start in range(0, len(numbered), _AT_ONCE):
            some = numbered[start : start + _AT_ONCE]
            customers = [pair for pair in some if pair[1].sender.kind is SenderKind.CUSTOMER]
            self.report.judged += len(some)
            self.report.own += len(some) - len(customers)
            cases = [self._case(message) for _, message in customers]
            sent = [
                case.sent(round(message.sent_at * 1000), counts=True)
                for case, (_, message) in zip(cases, customers, strict=True)
            ]
            found = await find_all(self._snapshot, sent)
            for case, findings, (index, message) in zip(cases, found, customers, strict=True):
                case.findings = findings
                if case.is_to_be_counted:
                    case.answer = self._counters.count(case.question(is_event=False))
                self._add(index, message, case)

    def _case(self, message: Message) -> Case:
        if message.chat_id not in self._groups:
            self._groups[message.chat_id] = replace(ANY_GROUP, chat_id=message.chat_id)
        return Case(self._snapshot, message, Blacklist.NONE, ())

    def _add(self, index: int, message: Message, case: Case) -> None:
        report, verdict = self.report, case.outcome()
        assert isinstance(verdict, Verdict)  # settings of its own, by which nothing fails
        report.decisions[verdict.decision] += 1
        report.skipped.update((it, None) for it in verdict.not_evaluated if it.check is not Check.RETRY)
        if not verdict.hits:
            report.excused += bool(case.findings.excused)
            return
        found = Counter(_found(hit) for hit in verdict.hits)
        report.hits.update(found)
        report.messages.update(found.keys())
        report.senders.add(message.sender.external_userid)
        report.groups.add(message.chat_id)
        if len(report.samples) < MOST_SAMPLES:
            report.samples.append(Sample(index, message, verdict.decision, verdict.hits))


def _found(hit: Hit) -> Found:
    return hit.condition, hit.keyword.text if hit.keyword else ""
