"""Filling a corp through the public API, many calls at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from groupguard.blacklist.v1.blacklist_service_pb2 import ImportEntriesRequest, List
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    OWNER_KIND_SUPER_ADMIN,
    RULE_STATE_ENABLED,
    Action,
    Conditions,
    Keyword,
    KeywordCondition,
    Owner,
    Rule,
)
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard.rule.v1.transfer_pb2 import CorpRecord, ImportCorpRequest
from groupguard_client import AsyncGroupGuard
from service_kit.ids import new_rule_id

T = TypeVar("T")
A = TypeVar("A")

AT_ONCE = 16
"""Calls under way: a store with fsync on every write takes no more from one client after the other."""
_PART_RECORDS, _PART_BYTES = 1_000, 2 * 2**20
"""Of a part of an import, at most."""
_STEP = 9_973
ADMINS = Owner(kind=OWNER_KIND_SUPER_ADMIN)


def rule(keywords: Iterable[str], owner: Owner = ADMINS) -> Rule:
    """An enabled rule that kicks for keywords."""
    condition = KeywordCondition(keywords=[Keyword(text=word) for word in keywords])
    return Rule(
        owner=owner,
        display_name="防广告",
        state=RULE_STATE_ENABLED,
        conditions=Conditions(keywords=condition),
        action=Action(kind=ACTION_KIND_KICK),
    )


def apart(vocabulary: Sequence[str], first: int, count: int) -> list[str]:
    """Returns words that are far from each other: neighbours in a lexicon may be the same after folding."""
    return [vocabulary[(first + nth * _STEP) % len(vocabulary)] for nth in range(count)]


async def at_once(call: Callable[[A], Awaitable[T]], arguments: Sequence[A]) -> list[T]:
    """Makes calls, some at a time, and returns the answers in order."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(argument: A) -> T:
        async with turn:
            return await call(argument)

    return await asyncio.gather(*map(one, arguments))


async def create(gg: AsyncGroupGuard, corp_id: str, rules: Sequence[Rule]) -> list[str]:
    """Creates rules and returns their ids."""
    requests = [CreateRuleRequest(corp_id=corp_id, rule=each) for each in rules]
    return [answer.rule.rule_id for answer in await at_once(gg.rules.CreateRule, requests)]


async def import_rules(gg: AsyncGroupGuard, corp_id: str, rules: Sequence[Rule]) -> list[str]:
    """Makes rules by an import, which takes many in one write, and returns their ids."""
    rule_ids = [new_rule_id(time.time()) for _ in rules]
    records = []
    for rule_id, each in zip(rule_ids, rules, strict=True):
        record = CorpRecord(rule=each)
        record.rule.rule_id = rule_id
        records.append(record)
    async for _ in gg.rules.ImportCorp(_import_parts(corp_id, records)):
        pass
    return rule_ids


def _import_parts(corp_id: str, records: Iterable[CorpRecord]) -> Iterator[ImportCorpRequest]:
    part, size = ImportCorpRequest(corp_id=corp_id), 0
    for record in records:
        size += record.ByteSize()
        if part.records and (size > _PART_BYTES or len(part.records) == _PART_RECORDS):
            yield part
            part, size = ImportCorpRequest(corp_id=corp_id), record.ByteSize()
        part.records.append(record)
    yield part


async def import_listed(gg: AsyncGroupGuard, corp_id: str, customers: Sequence[str]) -> None:
    """Puts customers on a corp's enterprise blacklist."""
    requests = (
        ImportEntriesRequest(
            corp_id=corp_id,
            import_id="bench",
            list=List(kind=BLACKLIST_KIND_ENTERPRISE),
            first_index=first,
            items=[ImportEntriesRequest.Item(external_userid=id) for id in customers[first : first + 1_000]],
            reason="bench",
        )
        for first in range(0, len(customers), 1_000)
    )
    added = 0
    async for account in gg.blacklist.ImportEntries(requests):
        added = account.added_count
    assert added == len(customers)


async def register(
    gg: AsyncGroupGuard, corp_id: str, chats: Sequence[str], owner: Callable[[int], str]
) -> None:
    """Registers groups; `owner` names that of the group at a place."""
    requests = []
    for start in range(0, len(chats), 1_000):
        groups = [
            Group(chat_id=chat, owner_userid=owner(place))
            for place, chat in enumerate(chats[start : start + 1_000], start)
        ]
        requests.append(UpsertGroupsRequest(corp_id=corp_id, groups=groups))
    await at_once(gg.rules.UpsertGroups, requests)


async def bind(gg: AsyncGroupGuard, corp_id: str, rule_ids: Sequence[str], chats: Sequence[str]) -> str:
    """Binds every rule to every group; returns the last token."""
    token = ""
    for some_rules in parts(rule_ids, 100):
        for some_chats in parts(chats, 2_000):
            request = ConfigureGroupsRequest(
                corp_id=corp_id,
                operation=ConfigureGroupsRequest.OPERATION_BIND,
                rule_ids=some_rules,
                chat_ids=some_chats,
            )
            token = (await gg.rules.ConfigureGroups(request)).rules_revision
    return token


def parts(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Returns the items in parts of at most `size`."""
    return [items[start : start + size] for start in range(0, len(items), size)]
