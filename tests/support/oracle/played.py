"""A case while it is played: what the reference says of it, against what the services say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from groupguard.filter.v1.verdict_pb2 import Verdict
from support.oracle import protos
from support.oracle.cases import Case
from support.oracle.facts import EventFacts, Expected, MessageFacts
from support.oracle.reference import Reference


class Played:
    """A case, the reference's memory of it, and what came of each message first."""

    def __init__(self, number: int, made: Case, now: int) -> None:
        self.number = number
        self.made = made
        self.reference = Reference(now)
        self.reference.owners = dict(made.chats)
        self.rule_ids: list[str] = []
        self.counts = Counter(rules=len(made.rules), bindings=len(made.bindings), edits=0)
        """What there was of each sort."""
        self.lists_changed = False
        """Whether a rule put somebody on a list of which later checks have not been told yet."""
        self._first: dict[tuple[str, ...], tuple[int, Expected, str]] = {}
        """Of what is remembered: edits before, the verdict, and its revision."""

    def judge(self, messages: list[MessageFacts]) -> list[Expected]:
        """Tells what must come of messages that are judged in one call."""
        listed = set(self.reference.listed)
        expected = self.reference.judge_batch(messages)
        self.lists_changed |= self.reference.listed != listed
        return expected

    def judge_event(self, event: EventFacts) -> Expected:
        """Tells what must come of somebody's joining or renaming."""
        listed = set(self.reference.listed)
        expected = self.reference.judge_event(event)
        self.lists_changed |= self.reference.listed != listed
        return expected

    def compare(self, what: MessageFacts | EventFacts, verdict: Verdict, expected: Expected) -> None:
        """Compares a verdict with what must come.

        Raises:
            AssertionError: it is another one.
        """
        try:
            self._compare(what, protos.told(verdict), verdict.rules_revision, expected)
        except AssertionError as error:
            raise AssertionError(f"case {self.number}: {error}") from error

    def _compare(
        self, what: MessageFacts | EventFacts, actual: Expected, revision: str, expected: Expected
    ) -> None:
        self.counts["verdicts"] += 1
        self.counts["left alone"] += any(reason == "UNAVAILABLE" for _, reason, _ in actual.skipped)
        self.counts["retries"] += expected.repeated
        self.counts["hits"] += len(actual.hits)
        key = (type(what).__name__, what.sender.id, what.id)
        edits = self.counts["edits"]
        if not expected.repeated:
            assert actual == expected, f"{what}\nsays {actual}\nnot  {expected}"
            if expected.remembered:
                self._first[key] = edits, actual, revision
            return
        edits_before, first, first_revision = self._first[key]
        assert revision == first_revision, f"{what}: another revision than the first time"
        if edits == edits_before:
            assert actual.hits == first.hits, f"{what}: other hits than the first time"
            assert actual.shadow_hits == first.shadow_hits, f"{what}: other shadow hits than the first time"
        assert actual.hits <= first.hits, f"{what}: more hits than the first time"
        assert actual.shadow_hits <= first.shadow_hits, f"{what}: more shadow hits than the first time"
        plain = [replace(it, hits=frozenset(), shadow_hits=frozenset()) for it in (actual, expected)]
        assert plain[0] == plain[1], f"{what}\nagain says {plain[0]}\nnot        {plain[1]}"
