"""Checks and edits side by side, and what each verdict should have been by the revision that it names."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

import grpc

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_BLACKLIST,
    CHECK_RETRY,
    CHECK_STRIKES,
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    SKIP_REASON_UNAVAILABLE,
    Verdict,
)
from groupguard.rule.v1.rule_pb2 import Keyword, Rule
from groupguard.rule.v1.rule_service_pb2 import UpdateRuleRequest
from groupguard_client import GroupGuard
from support.faults.requests import bound_rule, check, message
from support.faults.writers import LISTS

WORDS = ("刷单", "返利", "传销", "贷款")
EDITED, STRIKING = "wrEdited", "wrStriking"
LISTED = "wmListed"
_CHECKERS = 4
_PAUSE_SECONDS = 0.05
"""Between two edits."""


@dataclass(frozen=True)
class Judged:
    """A message and the verdict on it."""

    asked: Message
    verdict: Verdict


@dataclass
class Judging:
    """Callers that check messages and one that changes a rule's keyword, until told to stop."""

    gg: GroupGuard
    corp_id: str
    keywords: dict[str, str] = field(default_factory=dict)
    """The edited rule's keyword by the token of the revision."""
    judged: list[Judged] = field(default_factory=list)
    failed: list[grpc.RpcError] = field(default_factory=list)
    """Checks without a verdict."""
    failed_edits: list[grpc.RpcError] = field(default_factory=list)
    """Sent again until they are answered."""
    breath: float = 0.0
    """Seconds that each caller rests between two checks."""
    _answers: list[int] = field(default_factory=lambda: [0] * _CHECKERS)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Sets the corp up, and begins."""
        bound_rule(self.gg, self.corp_id, STRIKING, "脏话", strikes=True)
        self._rule = bound_rule(self.gg, self.corp_id, EDITED, WORDS[0])
        self.gg.blacklist.AddEntries(
            AddEntriesRequest(corp_id=self.corp_id, list=LISTS["enterprise"], external_userids=[LISTED])
        )
        self._edit(WORDS[0])
        self._threads = [threading.Thread(target=self._check_on, args=(seed,)) for seed in range(_CHECKERS)]
        self._threads.append(threading.Thread(target=self._edit_on))
        token = next(iter(self.keywords))
        request = check(self.corp_id, EDITED, "大家好")
        request.min_rules_revision = token  # from here on every verdict is by a revision that is known
        self.gg.filter.CheckMessage(request)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends all callers after what they are doing."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def progress(self) -> list[int]:
        """Answers received by each caller."""
        return [*self._answers, len(self.keywords)]

    def wrong(self) -> list[str]:
        """Names the verdicts that are neither right nor say what was not evaluated."""
        return [f"{it.asked} → {it.verdict}" for it in self.judged if not self._is_right(it)]

    def incomplete(self) -> int:
        """Counts the verdicts that name checks which could not be made."""
        return sum(1 for it in self.judged if it.verdict.not_evaluated)

    def _is_right(self, judged: Judged) -> bool:
        verdict, asked = judged.verdict, judged.asked
        skipped = {it.check for it in verdict.not_evaluated if it.reason == SKIP_REASON_UNAVAILABLE}
        if verdict.rules_revision not in self.keywords or skipped - {
            CHECK_BLACKLIST,
            CHECK_RETRY,
            CHECK_STRIKES,
        }:
            return False
        if asked.sender.external_userid == LISTED and CHECK_BLACKLIST not in skipped:
            return verdict.decision == DECISION_KICK
        keyword = "脏话" if asked.chat_id == STRIKING else self.keywords[verdict.rules_revision]
        expected = DECISION_WARN if keyword in asked.text.content else DECISION_ALLOW
        return verdict.decision == expected and {hit.keyword for hit in verdict.hits} == (
            {keyword} if expected == DECISION_WARN else set()
        )

    def _check_on(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._stopping.is_set():
            if chance.random() < 0.3:  # each sender once, so that the first strike only warns
                asked = message(STRIKING, chance.choice(("你好", "脏话")), f"wm{uuid4().hex[:12]}")
            else:
                sender = LISTED if chance.random() < 0.2 else f"wm{chance.randrange(50)}"
                asked = message(EDITED, f"来{chance.choice(WORDS)}吧", sender)
            request = check(self.corp_id, asked.chat_id, "")
            request.message.CopyFrom(asked)
            try:
                self.judged.append(Judged(asked, self.gg.filter.CheckMessage(request, timeout=15).verdict))
                self._answers[seed] += 1
            except grpc.RpcError as error:
                self.failed.append(error)
            time.sleep(self.breath)

    def _edit_on(self) -> None:
        number = 0
        while not self._stopping.wait(_PAUSE_SECONDS):
            number += 1
            self._edit(WORDS[number % len(WORDS)])

    def _edit(self, word: str) -> None:
        """Changes the keyword; the same write is sent again until it is known what it led to."""
        changed = Rule(rule_id=self._rule.rule_id)
        changed.conditions.keywords.keywords.append(Keyword(text=word))
        request = UpdateRuleRequest(corp_id=self.corp_id, rule=changed, request_id=str(uuid4()))
        while True:
            try:
                token = self.gg.rules.UpdateRule(request).rules_revision
            except grpc.RpcError as error:
                self.failed_edits.append(error)
                time.sleep(_PAUSE_SECONDS)
            else:
                self.keywords[token] = word
                return
