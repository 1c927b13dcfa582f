"""Writers that note, in order, what was acknowledged to them and what was left in doubt."""

from __future__ import annotations

import threading
import time
import uuid
from abc import abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest, List, RemoveEntriesRequest
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard.filter.v1.verdict_pb2 import DECISION_WARN, Check, SkipReason
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import OWNER_KIND_STRATEGY, Owner, Rule
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    UpdateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard_client import GroupGuard, failure
from support.faults.requests import OWNER, bound_rule, check, rule

STRIKES_CHAT = "wrStrikes"
STRIKES_WORD = "刷单"
LISTS = {
    "enterprise": List(kind=BLACKLIST_KIND_ENTERPRISE),
    "personal": List(kind=BLACKLIST_KIND_PERSONAL, owner_userid=OWNER),
}
OUTAGE = ("UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED")
"""What a caller may see while something is down; whether the write happened is then not known."""
_PAUSE = 0.05
"""Seconds after a failure."""
_BREATH = 0.004
"""Seconds between two writes of a writer: on a machine with few cores the services need some, too."""
_RULES_OF_A_STRATEGY = 500
"""Below the limit of 1,000: who writes for long goes on with another strategy."""


@dataclass
class AskedRule:
    """A rule that was asked for, and what it may look like now."""

    keyword: str
    acknowledged_id: str = ""
    """Empty while its creation is in doubt."""
    names: set[str] = field(default_factory=set)
    chats: set[str] = field(default_factory=set)
    """Groups it is bound to for certain."""
    doubtful_chats: set[str] = field(default_factory=set)


@dataclass
class Doubt:
    """A write without an answer."""

    service: str
    method: str
    request: Any
    acknowledged: Callable[[Any], None]
    """What its answer would mean."""


@dataclass
class Ledger:
    """Everything that was asked for. Each writer adds only keys of its own."""

    corp_id: str
    rules: dict[str, AskedRule] = field(default_factory=dict)
    """By the first word of their names."""
    chats: dict[str, bool] = field(default_factory=dict)
    """Whether the registration was acknowledged."""
    customers: dict[str, dict[str, set[bool]]] = field(default_factory=lambda: {name: {} for name in LISTS})
    """For each list, whether a customer may be on it."""
    refusals: frozenset[str] = frozenset()
    """Reasons for which calls may fail, besides what any outage leads to."""


class Writer(threading.Thread):
    """Writes until told to stop."""

    def __init__(self, gg: GroupGuard, ledger: Ledger, number: int, stop: threading.Event) -> None:
        """A writer with an even number repeats what failed until it succeeds; an odd one goes on to something else."""
        super().__init__(daemon=True)
        self.ledger = ledger
        self.number = number
        self.doubts: list[Doubt] = []
        self.acknowledged: dict[str, int] = {}
        """Answers received, by method."""
        self.last_answers: deque[tuple[Doubt, Any]] = deque(maxlen=5)
        """The newest writes and their answers."""
        self.repeated = 0
        """Writes that were sent again by the writer, beyond the client's own retries."""
        self.refused: Counter[str] = Counter()
        """Calls that the client gave up, by `<code> <reason>: <message>`."""
        self.surprises: list[str] = []
        """Anything that no outage explains."""
        self._gg = gg
        self._stop_asked = stop

    def run(self) -> None:
        item = 0
        while not self._stop_asked.is_set():
            try:
                self.write(item)
            except Exception as error:  # noqa: BLE001 - told by the test, whatever it is
                self.surprises.append(repr(error))
                return
            item += 1

    @abstractmethod
    def write(self, item: int) -> None:
        """Makes the writes of one item; after the first in doubt the item is left alone."""

    def send(self, service: str, method: str, request: Any, acknowledged: Callable[[Any], None]) -> bool:
        """Sends a write; tells whether an answer came."""
        request.request_id = str(uuid.uuid4())
        doubt = Doubt(service, method, request, acknowledged)
        while not self._try(doubt):
            if self.number % 2 or self._stop_asked.is_set():
                self.doubts.append(doubt)
                return False
            self.repeated += 1
            time.sleep(_PAUSE)
        time.sleep(_BREATH)
        return True

    def _try(self, doubt: Doubt) -> bool:
        try:
            answer = getattr(getattr(self._gg, doubt.service), doubt.method)(doubt.request)
        except grpc.RpcError as error:
            self._note(doubt.method, error)
            return False
        doubt.acknowledged(answer)
        self.last_answers.append((doubt, answer))
        self.acknowledged[doubt.method] = self.acknowledged.get(doubt.method, 0) + 1
        return True

    def _note(self, method: str, error: grpc.RpcError) -> None:
        """Notes a call that failed, and rests."""
        told = failure(error)
        self.refused[f"{told.code} {told.reason}: {told.message}"] += 1
        if told.code not in OUTAGE and told.reason not in self.ledger.refusals:
            self.surprises.append(f"{method}: {told}")
        time.sleep(_PAUSE)

    def resolve(self, gg: GroupGuard) -> int:
        """Repeats half of the writes in doubt, with their request_ids; the others stay in doubt. Returns how many."""
        self._gg = gg
        first = self.number // 2 % 2
        repeated, self.doubts = self.doubts[first::2], self.doubts[1 - first :: 2]
        for doubt in repeated:
            assert self._try(doubt), f"{doubt.method} could not be repeated"
        return len(repeated)


class RuleWriter(Writer):
    """Registers groups; creates rules, binds, renames and unbinds them."""

    def write(self, item: int) -> None:
        key = f"rule-{self.number}-{item}"
        chats = [f"wr{self.number}x{item}a", f"wr{self.number}x{item}b"]
        self.ledger.chats |= dict.fromkeys(chats, False)
        asked = AskedRule(keyword=f"禁词{self.number:02}{item:06}号")
        strategy = f"s{self.number}x{item // _RULES_OF_A_STRATEGY}"
        groups = [Group(chat_id=chat, owner_userid=OWNER, strategy_ids=[strategy]) for chat in chats]
        upsert = UpsertGroupsRequest(corp_id=self.ledger.corp_id, groups=groups)
        if not self.send("rules", "UpsertGroups", upsert, lambda _: self._registered(chats)):
            return
        asked.names.add(key)
        self.ledger.rules[key] = asked
        owner = Owner(kind=OWNER_KIND_STRATEGY, strategy_id=strategy)
        create = CreateRuleRequest(corp_id=self.ledger.corp_id, rule=rule(key, asked.keyword, owner=owner))
        if not self.send("rules", "CreateRule", create, lambda answer: _created(asked, answer.rule)):
            return
        if not self._configure(asked, ConfigureGroupsRequest.OPERATION_BIND, chats):
            return
        renamed = Rule(rule_id=asked.acknowledged_id, display_name=f"{key} renamed")
        asked.names.add(renamed.display_name)
        update = UpdateRuleRequest(corp_id=self.ledger.corp_id, rule=renamed)
        if not self.send("rules", "UpdateRule", update, lambda answer: _renamed(asked, answer.rule)):
            return
        if item % 3 == 0:
            self._configure(asked, ConfigureGroupsRequest.OPERATION_UNBIND, chats[:1])

    def _registered(self, chats: list[str]) -> None:
        self.ledger.chats |= dict.fromkeys(chats, True)

    def _configure(
        self, asked: AskedRule, operation: ConfigureGroupsRequest.Operation.ValueType, chats: list[str]
    ) -> bool:
        bind = operation == ConfigureGroupsRequest.OPERATION_BIND
        after = asked.chats | set(chats) if bind else asked.chats - set(chats)
        asked.chats -= set(chats)
        asked.doubtful_chats = set(chats)

        def configured(answer: Any) -> None:
            asked.chats, asked.doubtful_chats = after, set()
            assert answer.results[0].groups_after == len(after)

        request = ConfigureGroupsRequest(
            corp_id=self.ledger.corp_id, operation=operation, rule_ids=[asked.acknowledged_id], chat_ids=chats
        )
        return self.send("rules", "ConfigureGroups", request, configured)


def _created(asked: AskedRule, created: Rule) -> None:
    asked.acknowledged_id = created.rule_id


def _renamed(asked: AskedRule, stored: Rule) -> None:
    asked.names = {stored.display_name}
    assert stored.group_count == len(asked.chats)


class ListWriter(Writer):
    """Puts customers on a blacklist and takes some off."""

    def write(self, item: int) -> None:
        name = list(LISTS)[item % 2]
        customers = [f"wm{self.number}x{item}{letter}" for letter in "abc"]
        known = self.ledger.customers[name]
        known |= {customer: {True, False} for customer in customers}
        add = AddEntriesRequest(corp_id=self.ledger.corp_id, list=LISTS[name], external_userids=customers)
        if not self.send(
            "blacklist", "AddEntries", add, lambda _: known.update({it: {True} for it in customers})
        ):
            return
        first = customers[:1]
        known[first[0]] = {True, False}
        remove = RemoveEntriesRequest(corp_id=self.ledger.corp_id, list=LISTS[name], external_userids=first)
        self.send("blacklist", "RemoveEntries", remove, lambda _: known.update({first[0]: {False}}))


class Checker(Writer):
    """Asks for verdicts by a rule that counts strikes; each sender speaks once, so each verdict is a warning."""

    def __init__(self, gg: GroupGuard, ledger: Ledger, number: int, stop: threading.Event) -> None:
        super().__init__(gg, ledger, number, stop)
        self.skipped: set[tuple[str, str]] = set()
        """(check, reason) of checks that verdicts named as not made."""
        self.last_skipped: list[str] = []

    def write(self, item: int) -> None:
        request = check(self.ledger.corp_id, STRIKES_CHAT, f"来{STRIKES_WORD}吗", f"wmSpeaker{item}")
        try:
            verdict = self._gg.filter.CheckMessage(request).verdict
        except grpc.RpcError as error:
            self._note("CheckMessage", error)
            return
        if verdict.decision != DECISION_WARN:
            self.surprises.append(f"CheckMessage: {verdict}")
        self.last_skipped = [Check.Name(it.check) for it in verdict.not_evaluated]
        self.skipped |= {(Check.Name(it.check), SkipReason.Name(it.reason)) for it in verdict.not_evaluated}
        self.acknowledged["CheckMessage"] = self.acknowledged.get("CheckMessage", 0) + 1
        time.sleep(_BREATH)


class Writing:
    """Writers at work."""

    def __init__(self, gg: GroupGuard, corp_id: str, refusals: Iterable[str] = ()) -> None:
        """Prepares the rule that verdicts are asked by, and the writers, all of a new corp.

        Args:
            gg: what they call.
            corp_id: the corp.
            refusals: reasons for which calls may fail, besides what any outage leads to.
        """
        bound_rule(gg, corp_id, STRIKES_CHAT, STRIKES_WORD, strikes=True)
        self.ledger = Ledger(corp_id, refusals=frozenset(refusals))
        self._stop = threading.Event()
        self.checker = Checker(gg, self.ledger, 0, self._stop)
        self.writers: list[Writer] = [
            *(RuleWriter(gg, self.ledger, number, self._stop) for number in range(4)),
            *(ListWriter(gg, self.ledger, number, self._stop) for number in range(2)),
        ]

    def start(self) -> None:
        """Starts all writers."""
        for writer in (*self.writers, self.checker):
            writer.start()

    def progress(self) -> list[int]:
        """Answers received by each writer."""
        return [sum(writer.acknowledged.values()) for writer in (*self.writers, self.checker)]

    def stop(self) -> None:
        """Stops all writers; those who wait for an answer get it first."""
        self._stop.set()
        for writer in (*self.writers, self.checker):
            writer.join(20)
            assert not writer.is_alive(), f"{writer} still waits for an answer"

    def acknowledged(self, method: str = "") -> int:
        """Writes that were acknowledged, of one method or of all."""
        return sum(
            count
            for writer in self.writers
            for name, count in writer.acknowledged.items()
            if method in ("", name)
        )

    def refused(self) -> Counter[str]:
        """Calls that failed, by `<code> <reason>: <message>`."""
        return sum((writer.refused for writer in (*self.writers, self.checker)), Counter())

    def surprises(self) -> list[str]:
        """What no outage explains."""
        return [surprise for writer in (*self.writers, self.checker) for surprise in writer.surprises]

    def resolve(self, gg: GroupGuard) -> int:
        """Has every second write in doubt repeated; see `Writer.resolve`."""
        return sum(writer.resolve(gg) for writer in self.writers)

    def repeat_answered(self, gg: GroupGuard) -> None:
        """Sends each writer's newest writes again, as a client does that lost the answers.

        Raises:
            AssertionError: an answer differs from the first one.
        """
        for writer in self.writers:
            for write, answer in writer.last_answers:
                again = getattr(getattr(gg, write.service), write.method)(write.request)
                assert again == answer, f"{write.method} was answered {answer} and then {again}"

    def doubts(self, service: str) -> int:
        """Writes that may or may not have happened."""
        return sum(doubt.service == service for writer in self.writers for doubt in writer.doubts)
