"""Compares what the services have and say with what the writers were told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest, CheckCustomersRequest
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import (
    REASON_ENTERPRISE_BLACKLIST,
    REASON_NO_HIT,
    REASON_PERSONAL_BLACKLIST,
    REASON_RULE_HIT,
    Reason,
)
from groupguard.rule.v1.changes_pb2 import BindingChange
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import FetchRulesRequest, ListRulesRequest
from groupguard_client import GroupGuard
from support.faults.requests import OWNER, message
from support.faults.writers import LISTS, STRIKES_CHAT, AskedRule, Ledger, Writing

T = TypeVar("T")

_BATCH = 500
_SETUP_WRITES = 3
"""Revisions that `Writing` made before the writers began."""
_REASONS = {"enterprise": REASON_ENTERPRISE_BLACKLIST, "personal": REASON_PERSONAL_BLACKLIST}
_CHUNK_ORDINALS = 8_192


@dataclass(frozen=True)
class Stored:
    """A corp's rules as a follower fetches them."""

    rules: dict[str, Rule]
    ordinals: dict[str, int]
    """By chat_id."""
    bound: dict[str, set[str]]
    """chat_ids by rule_id."""
    revision: str


def fetch(gg: GroupGuard, corp_id: str) -> Stored:
    """Fetches everything."""
    rules: dict[str, Rule] = {}
    ordinals: dict[str, int] = {}
    bits: dict[str, set[int]] = {}
    revision = ""
    for chunk in gg.rules.FetchRules(FetchRulesRequest(corp_id=corp_id), timeout=20):
        for change in chunk.changes:
            match change.WhichOneof("change"):
                case "rule":
                    rules[change.rule.rule_id] = change.rule
                case "group":
                    ordinals[change.group.chat_id] = change.group.ordinal
                case "binding":
                    assert change.binding.operation == BindingChange.OPERATION_SET
                    for rule_id in change.binding.rule_ids:
                        bits.setdefault(rule_id, set()).update(_ordinals(change.binding))
        revision = chunk.rules_revision
    chats = {ordinal: chat_id for chat_id, ordinal in ordinals.items()}
    return Stored(rules, ordinals, {id: {chats[bit] for bit in bits.get(id, ())} for id in rules}, revision)


def _ordinals(binding: BindingChange) -> Iterator[int]:
    for index, byte in enumerate(binding.bitmap):
        for bit in range(8):
            if byte & 0x80 >> bit:
                yield binding.chunk * _CHUNK_ORDINALS + index * 8 + bit


def list_rules(gg: GroupGuard, corp_id: str) -> list[Rule]:
    """Lists all rules, page by page."""
    rules: list[Rule] = []
    token = ""
    while True:
        page = gg.rules.ListRules(ListRulesRequest(corp_id=corp_id, page_size=100, page_token=token))
        rules += page.rules
        token = page.next_page_token
        if not token:
            return rules


def audit_rules(gg: GroupGuard, writing: Writing) -> Stored:
    """Checks rules, groups and bindings: all that was acknowledged is there, nothing else, nothing twice.

    Raises:
        AssertionError: it is not so.
    """
    ledger = writing.ledger
    stored = fetch(gg, ledger.corp_id)
    listed = list_rules(gg, ledger.corp_id)
    assert [rule.rule_id for rule in listed] == sorted(stored.rules), "listed and fetched rules differ"
    assert all(rule.group_count == len(stored.bound[rule.rule_id]) for rule in listed)

    assert stored.ordinals.keys() <= {STRIKES_CHAT, *ledger.chats}, "groups that nobody registered"
    lost = {chat for chat, acknowledged in ledger.chats.items() if acknowledged} - stored.ordinals.keys()
    assert not lost, f"lost groups: {lost}"
    assert len(set(stored.ordinals.values())) == len(stored.ordinals), "two groups share an ordinal"

    by_key: dict[str, Rule] = {}
    for rule in listed:
        key = rule.display_name.partition(" ")[0]
        if key != STRIKES_CHAT:
            assert key in ledger.rules, f"a rule that nobody asked for: {rule.display_name}"
            assert key not in by_key, f"created twice: {rule.display_name}"
            by_key[key] = rule
    for key, asked in ledger.rules.items():
        _audit_rule(asked, by_key.get(key), stored)

    number = int(stored.revision.partition("-")[0])
    methods = ("UpsertGroups", "CreateRule", "UpdateRule", "ConfigureGroups")
    certain = _SETUP_WRITES + sum(map(writing.acknowledged, methods))
    # Each write moves the revision on by one: fewer would be a loss, more a write that happened twice.
    assert certain <= number <= certain + writing.doubts("rules")
    return stored


def _audit_rule(asked: AskedRule, rule: Rule | None, stored: Stored) -> None:
    if rule is None:
        assert not asked.acknowledged_id, f"lost: {asked}"
        return
    assert asked.acknowledged_id in ("", rule.rule_id), f"created twice: {asked}"
    assert rule.display_name in asked.names, f"lost or invented name {rule.display_name}: {asked}"
    assert [keyword.text for keyword in rule.conditions.keywords.keywords] == [asked.keyword]
    bound = stored.bound[rule.rule_id]
    assert asked.chats <= bound <= asked.chats | asked.doubtful_chats, f"bound to {bound}: {asked}"
    # A call that binds or unbinds several groups does so as a whole.
    assert bound & asked.doubtful_chats in (set(), asked.doubtful_chats), f"half done, {bound}: {asked}"


def audit_lists(gg: GroupGuard, ledger: Ledger) -> dict[str, set[str]]:
    """Checks both blacklists likewise; returns who is on them."""
    listed: dict[str, set[str]] = {name: set() for name in LISTS}
    for name, known in ledger.customers.items():
        for part in _parts(list(known)):
            queries = [CheckCustomersRequest.Query(external_userid=it, owner_userid=OWNER) for it in part]
            answer = gg.blacklist.CheckCustomers(
                CheckCustomersRequest(corp_id=ledger.corp_id, queries=queries)
            )
            for customer, result in zip(part, answer.results, strict=True):
                assert bool(result.entries) in known[customer], f"{customer} on {name}: {result}"
                assert len(result.entries) <= 1
                if result.entries:
                    assert result.entries[0].list == LISTS[name]
                    listed[name].add(customer)
        probe = AddEntriesRequest(
            corp_id=ledger.corp_id, list=LISTS[name], external_userids=[f"wmProbe {name}"]
        )
        count = gg.blacklist.AddEntries(probe).count
        assert count == len(listed[name]) + 1, (
            f"the {name} list counts {count}, {len(listed[name])} + 1 are on it"
        )
    return listed


def disagreements(gg: GroupGuard, ledger: Ledger, stored: Stored, listed: dict[str, set[str]]) -> list[str]:
    """Names the verdicts of FilterService that do not follow from what the other services have."""
    cases: list[tuple[Message, Reason.ValueType, set[str]]] = []
    for rule_id, rule in stored.rules.items():
        text = f"说{rule.conditions.keywords.keywords[0].text}吧"
        bound = stored.bound[rule_id]
        unbound = next(chat for chat in (STRIKES_CHAT, *stored.ordinals) if chat not in bound)
        cases += [(message(chat, text), REASON_RULE_HIT, {rule_id}) for chat in bound if chat != STRIKES_CHAT]
        cases.append((message(unbound, text), REASON_NO_HIT, set()))
    for name, known in ledger.customers.items():
        for customer in known:
            reason = _REASONS[name] if customer in listed[name] else REASON_NO_HIT
            cases.append((message(STRIKES_CHAT, "大家好", customer), reason, set()))
    wrong: list[str] = []
    for part in _parts(cases):
        request = BatchCheckMessagesRequest(corp_id=ledger.corp_id, messages=[case[0] for case in part])
        try:
            answer = gg.filter.BatchCheckMessages(request)
        except grpc.RpcError as error:
            return [str(error)]
        for (asked, reason, rule_ids), result in zip(part, answer.results, strict=True):
            verdict = result.verdict
            hits = {hit.rule_id for hit in verdict.hits}
            if (verdict.reason, hits, len(verdict.not_evaluated)) != (reason, rule_ids, 0):
                wrong.append(f"{asked} → {verdict}")
    return wrong


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
