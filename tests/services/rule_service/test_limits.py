"""Every number that rules keep to, through gRPC: at it a call passes, one beyond it the error tells what is allowed.

A new constant of `rule_service.domain.limits` needs a row here: in FIELDS for what a request may hold, in QUOTAS for what a
corp may hold, in DEFAULTS for what is put where a request says nothing. Rows have the documented numbers, not the code's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio
import pytest
from google.protobuf.message import Message

from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain import limits
from rule_service.domain.bindings import masks
from rule_service.domain.rule import Owner, OwnerKind
from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import RuleKeys
from service_kit.redis_client import connect
from support import rule_requests as ask
from support.rules import ADMINS, CORP, EDIT, a_rule, a_write, asked, member, register, strategy

UNBIND = pb.ConfigureGroupsRequest.OPERATION_UNBIND
SEVEN, ZHANG = Owner(OwnerKind.STRATEGY, "7"), Owner(OwnerKind.MEMBER, "zhang")


@dataclass
class Corp:
    """The corp of a row."""

    gg: AsyncGroupGuard
    store: RedisRuleStore

    async def call(self, request: Message) -> Any:
        """Sends a request to the method that takes it."""
        method = getattr(self.gg.rules, type(request).__name__.removesuffix("Request"))
        return await method(request, timeout=30)

    async def refusal(self, request: Message) -> Failure:
        """Sends a request that must fail and change nothing; returns why it failed."""
        before = await self.store.revision(CORP)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(request)
        assert await self.store.revision(CORP) == before
        return failure(caught.value)

    async def put(self, rules: int, groups: int, owner: Owner = ADMINS) -> None:
        """Puts rules and groups into the corp, past gRPC for the sake of time; see `support.rule_requests`."""
        made = [a_rule(rule_id=rule_id, owner=owner) for rule_id in ask.rule_ids(rules)]
        for start in range(0, rules, 100):
            part = made[start : start + 100]
            await asyncio.gather(*(self.store.create_rules(a_write(), [rule], EDIT) for rule in part))
        await register(self.store, groups)


@pytest.fixture
def corp(gg: AsyncGroupGuard, one_store: RedisRuleStore) -> Corp:
    """An empty corp."""
    return Corp(gg, one_store)


# What a request may hold


@dataclass(frozen=True)
class Field:
    """The bounds of one field."""

    constant: str
    """Name in `limits` of the upper bound, or of both; empty if they live elsewhere."""
    least: int
    most: int
    path: str
    """Where the violation is said to be."""
    request: Callable[[int], Message]
    """Makes the request for a number."""
    says: str = "{least} to {most} are allowed, not {sent}"
    """What the violation says."""
    below: int | None = None
    """A number that is too small, where that is a matter of bounds and not of something missing."""
    rules: int = 0
    """Rules that have to be there."""
    groups: int = 0
    """Groups that have to be there."""


CHARACTERS = "at most {most} characters are allowed, not {sent}"
BYTES = "{least} to {most} bytes are needed, not {sent}"
WINDOW = "1 s to 3600 s are allowed, not {seconds} s"
IF, SO = "rule.conditions", "rule.action"
PROGRAMS, PEOPLE = f"{IF}.message_types.mini_program_whitelist", f"{IF}.frequency.senders"

FIELDS = [
    # Conditions
    Field("KEYWORDS_PER_RULE", 1, 100, f"{IF}.keywords.keywords", lambda n: ask.keywords(ask.words(n))),
    Field("KEYWORDS_PER_RULE", 1, 100, f"{IF}.nickname_keywords.keywords", lambda n: ask.nicknames(ask.words(n))),
    Field("KEYWORD_CHARACTERS", 1, 64, f"{IF}.keywords.keywords[0].text", lambda n: ask.keywords(["字" * n]), CHARACTERS),
    Field("KEYWORD_CHARACTERS", 1, 64, f"{IF}.keywords.allow_phrases[0]", lambda n: ask.phrases(["字" * n]), CHARACTERS),
    Field("ALLOW_PHRASES_PER_RULE", 0, 100, f"{IF}.keywords.allow_phrases", lambda n: ask.phrases(ask.words(n))),
    Field("WEB_WHITELIST_PER_RULE", 0, 1000, f"{IF}.message_types.web_whitelist", ask.pages),
    Field("MINI_PROGRAM_WHITELIST_PER_RULE", 0, 1000, PROGRAMS, ask.mini_programs),
    Field("MESSAGE_CHARACTERS", 1, 10_000, f"{IF}.length.max_characters", lambda n: ask.length(max_characters=n), below=-1),
    Field("MESSAGE_LINES", 1, 1000, f"{IF}.length.max_lines", lambda n: ask.length(max_lines=n), below=-1),
    Field("TIMES", 1, 1000, f"{IF}.frequency.max_messages", ask.frequency, below=-1),
    Field("TIMES", 1, 1000, f"{IF}.repeat.max_times", ask.repeat, below=-1),
    Field("WINDOW_MS", 1000, 3_600_000, f"{IF}.frequency.window", lambda n: ask.frequency(1, n), WINDOW, 999),
    Field("WINDOW_MS", 1000, 3_600_000, f"{IF}.repeat.window", lambda n: ask.repeat(1, n), WINDOW, 999),
    Field("TAGS_PER_SELECTOR", 0, 100, f"{PEOPLE}.tag_ids", lambda n: ask.frequency(tag_ids=ask.words(n))),
    Field("CUSTOMERS_PER_SELECTOR", 0, 1000, f"{PEOPLE}.external_userids", lambda n: ask.frequency(external_userids=ask.words(n))),
    # The rest of a rule
    Field("RULE_NAME_CHARACTERS", 1, 64, "rule.display_name", lambda n: ask.rule(display_name="名" * n), CHARACTERS),
    Field("WARNING_CHARACTERS", 1, 200, f"{SO}.warning_text", lambda n: ask.action(warning_text="请" * n), CHARACTERS),
    Field("WARNINGS_BEFORE_KICK", 1, 10, f"{SO}.warnings_before_kick", ask.kick_after, below=-1),
    Field("", 1, 64, "rule.owner.userid", lambda n: ask.rule(owner=member("z" * n)), BYTES),
    Field("", 1, 64, "rule.owner.strategy_id", lambda n: ask.rule(owner=strategy("7" * n)), BYTES),
    # Groups
    Field("GROUPS_PER_UPSERT", 1, 1000, "groups", ask.groups),
    Field("GROUP_NAME_CHARACTERS", 0, 128, "groups[0].display_name", lambda n: ask.group(display_name="群" * n), CHARACTERS),
    Field("STRATEGIES_PER_GROUP", 0, 20, "groups[0].strategy_ids", lambda n: ask.group(strategy_ids=ask.words(n))),
    Field("MEMBERS_PER_GROUP", 0, 100_000, "groups[0].member_count", lambda n: ask.group(member_count=n), below=-1),
    Field("", 1, 64, "groups[0].chat_id", lambda n: ask.group(chat_id="c" * n), BYTES),
    # Bindings
    Field("GROUPS_PER_CALL", 1, 2000, "chat_ids", lambda n: ask.bind(["rule0"], ask.chat_ids(n)), rules=1, groups=2000),
    Field("RULES_PER_CALL", 1, 100, "rule_ids", lambda n: ask.bind(ask.rule_ids(n), ["wr0"]), rules=100, groups=1),
    Field("RULES_PER_SET_CALL", 0, 1000, "rule_ids", lambda n: ask.set_rules("wr0", ask.rule_ids(n)), rules=1000, groups=1),
    # Pages
    Field("", 0, 1000, "page_size", ask.page, below=-1),
]  # fmt: skip


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row.constant}-{row.path}")
async def test_a_field_may_be_as_large_as_its_limit_and_no_larger(row: Field, corp: Corp) -> None:
    """The violation names the field, what is allowed and what was sent."""
    if row.constant:
        assert getattr(limits, row.constant) in (row.most, (row.least, row.most))
    await corp.put(row.rules, row.groups)
    for number in (row.least, row.most):
        await corp.call(row.request(number))
    for number in (row.most + 1, *([] if row.below is None else [row.below])):
        told = await corp.refusal(row.request(number))
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
        says = row.says.format(least=row.least, most=row.most, sent=number, seconds=number / 1000)
        assert told.violations == ((row.path, says),)


# What a corp may hold


@dataclass(frozen=True)
class Quota:
    """How many of something there may be in a corp."""

    what: str
    """As the error calls it."""
    constant: str
    most: int
    subject: str
    """What the error calls full."""
    fill: Callable[[Corp, int], Awaitable[None]]
    """Puts so many into an empty corp."""
    another: Callable[[int], Message]
    """Makes the request for the one that has this number, from 0."""
    apart: tuple[rule_pb2.Owner, ...] = ()
    """Owners who may create a rule when it is full."""


def rules_of(owner: Owner, said: rule_pb2.Owner, *apart: rule_pb2.Owner) -> Quota:
    """The rules of one owner, and owners who are not touched by that."""
    return Quota(
        f"rules of {owner}",
        "RULES_PER_OWNER",
        1000,
        f"corp {CORP}",
        lambda corp, count: corp.put(count, 0, owner),
        lambda _: ask.rule(owner=said),
        apart,
    )


def groups_of_a_rule(another: Callable[[int], Message]) -> Quota:
    """The groups of a rule, by one of the ways to bind it."""
    return Quota("groups of a rule", "GROUPS_PER_RULE", 20_000, "rule rule0", bind_groups, another)


async def bind_groups(corp: Corp, count: int) -> None:
    """Binds a rule to so many groups; there are two more."""
    await corp.put(1, count + 2)
    chat_ids = ask.chat_ids(count)
    for start in range(0, count, 2000):
        await corp.call(ask.bind(["rule0"], chat_ids[start : start + 2000]))


QUOTAS = [
    rules_of(ADMINS, asked().owner, strategy("7"), member("zhang")),
    rules_of(SEVEN, strategy("7"), asked().owner, strategy("8"), member("7")),
    rules_of(ZHANG, member("zhang"), asked().owner, strategy("zhang"), member("li")),
    groups_of_a_rule(lambda number: ask.bind(["rule0"], [f"wr{number}"])),
    groups_of_a_rule(lambda number: ask.set_rules(f"wr{number}", ["rule0"])),
]


@pytest.mark.parametrize("row", QUOTAS, ids=lambda row: row.what)
async def test_a_corp_may_hold_as_many_as_the_limit_and_no_more(row: Quota, corp: Corp) -> None:
    """The error tells what is full, the limit, how many there are and how many were asked."""
    assert getattr(limits, row.constant) == row.most
    await row.fill(corp, row.most - 1)
    await corp.call(row.another(row.most - 1))
    assert_full(await corp.refusal(row.another(row.most)), row, row.most, 1)
    for owner in row.apart:
        await corp.call(ask.rule(owner=owner))


def assert_full(told: Failure, row: Quota, current: int, asked: int) -> None:
    """Checks what is said to whoever asks for more than there may be."""
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    numbers = {"limit": str(row.most), "current": str(current), "asked": str(asked)}
    assert told.metadata == {"what": row.what, **numbers}
    said = f"{row.subject}: {row.what} are limited to {row.most}; {current} now, {asked} more asked"
    assert told.violations == ((row.subject, said),)


async def test_a_rule_of_former_times_above_its_limit_is_edited_and_shrunk_but_not_grown(
    corp: Corp, valkey_url: str
) -> None:
    """What leaves it at or below what it has passes; what was given up is given up."""
    row = QUOTAS[-1]
    chat_ids = ask.chat_ids(20_007)
    await corp.put(1, len(chat_ids))
    await bind_past_the_limit(valkey_url, "rule0", 20_005)

    async def unbound(chosen: list[str]) -> int:
        [result] = (await corp.call(ask.bind(["rule0"], chosen, UNBIND))).results
        return int(result.groups_after)

    assert_full(await corp.refusal(ask.bind(["rule0"], chat_ids[-2:])), row, 20_005, 2)
    assert_full(await corp.refusal(ask.set_rules(chat_ids[-1], ["rule0"])), row, 20_005, 1)
    renamed = rule_pb2.Rule(rule_id="rule0", display_name="renamed")
    edited = (await corp.call(pb.UpdateRuleRequest(corp_id=CORP, rule=renamed))).rule
    assert (edited.display_name, edited.group_count) == ("renamed", 20_005)
    again = await corp.call(ask.bind(["rule0"], chat_ids[:2000]))
    assert again.results[0].groups_after == 20_005

    assert await unbound(chat_ids[:2]) == 20_003
    assert_full(await corp.refusal(ask.bind(["rule0"], chat_ids[:1])), row, 20_003, 1)
    assert await unbound(chat_ids[2:6]) == 19_999
    await corp.call(ask.bind(["rule0"], chat_ids[:1]))
    assert_full(await corp.refusal(ask.bind(["rule0"], chat_ids[1:2])), row, 20_000, 1)


async def bind_past_the_limit(url: str, rule_id: str, count: int) -> None:
    """Binds a rule to the first groups in the store itself: no call does that."""
    keys, client = RuleKeys(CORP), connect(url)
    chunks = masks(range(count))
    for chunk, mask in chunks.items():
        await client.set(keys.bits(rule_id, chunk), mask)
    await client.hset(keys.bindings, rule_id, f"{count};{','.join(map(str, chunks))}")
    await client.aclose()


# What is put where a request says nothing


@dataclass(frozen=True)
class Default:
    """A number that a request may leave to the server."""

    constant: str
    value: int
    request: Message
    read: Callable[[Any], int]
    """Takes the number from the answer."""


DEFAULTS = [
    Default(
        "DEFAULT_WARNINGS_BEFORE_KICK",
        3,
        ask.kick_after(),
        lambda answer: answer.rule.action.warnings_before_kick,
    ),
]


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row.constant)
async def test_what_a_request_leaves_open_is_told_in_the_answer(row: Default, corp: Corp) -> None:
    """The caller sees what the rule does, without knowing the server's defaults."""
    assert getattr(limits, row.constant) == row.value
    assert row.read(await corp.call(row.request)) == row.value


def test_every_limit_has_a_row() -> None:
    """A limit that nobody walks up to is a limit that nobody keeps."""
    rows: list[Field | Quota | Default] = [*FIELDS, *QUOTAS, *DEFAULTS]
    public = {name for name in vars(limits) if name.isupper() and not name.startswith("_")}
    assert {row.constant for row in rows} - {""} == public
