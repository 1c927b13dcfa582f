"""RuleStore on Redis or Valkey: writes are Lua scripts, one a method; reads are plain commands."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from rule_service.change_log import binding_payload, changes, revision_after, revision_before
from rule_service.domain import limits
from rule_service.domain.bindings import masks, without
from rule_service.domain.group import Group, StoredGroup, why_not_bindable
from rule_service.domain.rule import Owner, OwnerKind, Rule, StoredRule
from rule_service.notices import listen
from rule_service.records import group_json, read_group, read_rule, read_summary, rule_json
from rule_service.rule_keys import RuleKeys
from rule_service.store import BindingChange, BindingCount, Change, Operation, Write
from service_kit.errors import (
    BindingNotAllowed,
    EtagMismatch,
    GroupNotFound,
    LimitExceeded,
    PassedLimit,
    RequestIdReused,
    RuleNotFound,
)
from service_kit.redis_client import StoreClient
from service_kit.revision import NO_RULES, Revision
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors

_BATCH = 200
"""Objects to read in one command while everything is read: a few ms of the store's time."""
_LOG_BATCH = 100
"""Log entries to read in one command."""
_PLANS = 10
"""How often a write is planned anew because what it was planned on changed meanwhile."""


class RedisRuleStore:
    """See `rule_service.store.RuleStore`."""

    def __init__(self, client: StoreClient) -> None:
        self._client: Any = client  # redis-py types every answer as a union over all of its modes
        self._scripts = Scripts(client, "rule_service")

    async def create_rule(self, write: Write, rule: Rule) -> tuple[StoredRule, Revision]:
        keys = RuleKeys(write.corp_id)
        most = limits.RULES_PER_OWNER
        try:
            result, revision = await self._write(
                "create_rule",
                write,
                [keys.rules, keys.ids(), keys.ids(rule.owner)],
                [rule.rule_id, rule_json(rule), most],
            )
        except ScriptRefused as refusal:
            current = _details(refusal, "LIMIT")["current"]
            limit = PassedLimit(f"corp {write.corp_id}", f"rules of {rule.owner}", most, current, 1)
            raise LimitExceeded([limit]) from None
        return _stored(result), revision

    async def get_rules(self, corp_id: str, rule_ids: Sequence[str]) -> list[StoredRule]:
        found = await self._read_rules(RuleKeys(corp_id), rule_ids)
        if missing := sorted(set(rule_ids) - {stored.rule.rule_id for stored in found}):
            raise RuleNotFound(missing)
        return found

    async def list_rules(self, corp_id: str, owner: Owner | None, after: str, count: int) -> list[StoredRule]:
        keys = RuleKeys(corp_id)
        return await self._read_rules(keys, await self._rule_ids(keys, owner, after, count))

    async def replace_rule(
        self, write: Write, rule: Rule, expected_revision: int
    ) -> tuple[StoredRule, Revision]:
        keys = RuleKeys(write.corp_id)
        try:
            result, revision = await self._write(
                "replace_rule",
                write,
                [keys.rules, keys.bindings],
                [rule.rule_id, rule_json(rule), expected_revision],
            )
        except ScriptRefused as refusal:
            _raise_rule_refusal(refusal, rule.rule_id)
            raise
        return _stored(result), revision

    async def updated_before(self, write: Write) -> tuple[StoredRule, Revision] | None:
        answer = await self._answered(write)
        return None if answer is None else (_stored(answer[0]), answer[1])

    async def deleted_before(self, write: Write) -> Revision | None:
        answer = await self._answered(write)
        return None if answer is None else answer[1]

    async def _answered(self, write: Write) -> tuple[Any, Revision] | None:
        with store_errors():
            fingerprint, answer = await self._client.hmget(
                RuleKeys(write.corp_id).request(write.request_id), ["fingerprint", "answer"]
            )
        if fingerprint is None:
            return None
        if fingerprint.decode() != write.fingerprint:
            raise RequestIdReused(write.request_id)
        return _decode(answer)

    async def delete_rule(self, write: Write, stored: StoredRule) -> Revision:
        keys, rule = RuleKeys(write.corp_id), stored.rule
        for _ in range(_PLANS):
            with store_errors():
                summary = await self._client.hget(keys.bindings, rule.rule_id)
            bits = [keys.bits(rule.rule_id, chunk) for chunk in read_summary(summary)[1]]
            try:
                _, revision = await self._write(
                    "delete_rule",
                    write,
                    [keys.rules, keys.ids(), keys.ids(rule.owner), keys.bindings, *bits],
                    [rule.rule_id, stored.revision, summary or b""],
                )
            except ScriptRefused as refusal:
                _raise_rule_refusal(refusal, rule.rule_id)
                continue
            return revision
        raise StoreUnavailable("the rule's bindings keep changing")

    async def configure_groups(
        self, write: Write, operation: Operation, rules: Sequence[Rule], chat_ids: Sequence[str]
    ) -> tuple[list[BindingCount], Revision]:
        for _ in range(_PLANS):
            try:
                return await self._configure_groups(write, operation, rules, chat_ids)
            except ScriptRefused as refusal:
                _raise_rule_refusal(refusal, "")
                if refusal.code == "LIMIT":
                    raise _too_many_groups(refusal) from None
        raise StoreUnavailable("the groups keep changing owners")

    async def _configure_groups(
        self, write: Write, operation: Operation, rules: Sequence[Rule], chat_ids: Sequence[str]
    ) -> tuple[list[BindingCount], Revision]:
        keys = RuleKeys(write.corp_id)
        with store_errors():
            records = await self._client.hmget(keys.groups, list(chat_ids))
        if missing := [chat_id for chat_id, record in zip(chat_ids, records, strict=True) if record is None]:
            raise GroupNotFound(missing)
        groups = [read_group(record) for record in records]
        owners_matter = operation is Operation.BIND and _check_owners(rules, groups)
        rule_ids = [rule.rule_id for rule in rules]
        ordinals = [group.ordinal for group in groups]
        chunks = masks(ordinals)
        if operation is Operation.UNBIND:
            chunks = {chunk: without(mask) for chunk, mask in chunks.items()}
        result, revision = await self._write(
            "configure_groups",
            write,
            [
                keys.rules,
                keys.bindings,
                keys.groups,
                *keys.scratch,
                *(keys.bits(rule_id, chunk) for rule_id in rule_ids for chunk in chunks),
            ],
            [
                operation.value,
                limits.GROUPS_PER_RULE,
                binding_payload(operation, rule_ids, ordinals),
                hashlib.sha1(b"\n".join(records), usedforsecurity=False).hexdigest() if owners_matter else "",
                len(rule_ids),
                len(chunks),
                *rule_ids,
                *chunks,
                *chunks.values(),
                *(chat_ids if owners_matter else ()),
            ],
        )
        return _counts(rule_ids, result), revision

    async def configured_before(
        self, write: Write, rule_ids: Sequence[str]
    ) -> tuple[list[BindingCount], Revision] | None:
        answer = await self._answered(write)
        return None if answer is None else (_counts(rule_ids, answer[0]), answer[1])

    async def upsert_groups(
        self, write: Write, groups: Sequence[Group]
    ) -> tuple[list[StoredGroup], int, Revision]:
        arguments: list[Argument] = []
        for group in groups:
            arguments += [group.chat_id, group_json(group)]
        result, revision = await self._write(
            "upsert_groups", write, [RuleKeys(write.corp_id).groups], arguments
        )
        stored = [
            StoredGroup(group, number) for group, number in zip(groups, result["ordinals"], strict=True)
        ]
        return stored, result["created"], revision

    async def revision(self, corp_id: str) -> Revision:
        with store_errors():
            number, chain = await self._client.hmget(RuleKeys(corp_id).meta, ["revision", "chain"])
        return Revision(int(number), chain.decode()) if number else NO_RULES

    async def changes_since(self, corp_id: str, since: Revision) -> tuple[list[Change], Revision] | None:
        now = await self.revision(corp_id)
        if since.number >= now.number:
            return ([], since) if since == now else None
        found: list[Change] = []
        reached = since
        while reached.number < now.number:
            with store_errors():
                entries = await self._client.xrange(
                    RuleKeys(corp_id).log, min=f"{reached.number + 1}-0", max="+", count=_LOG_BATCH
                )
            for id, entry in entries:
                if revision_before(id, entry) != reached:
                    return None
                found += changes(entry)
                reached = revision_after(id, entry)
            if not entries:  # the log ends before what the store says it has
                return None
        return found, reached

    async def read_everything(self, corp_id: str) -> AsyncIterator[list[Change]]:
        keys = RuleKeys(corp_id)
        cursor = 0
        while True:
            with store_errors():
                cursor, records = await self._client.hscan(keys.groups, cursor, count=_BATCH)
            yield [read_group(record) for record in records.values()]
            if cursor == 0:
                break
        after = ""
        while rule_ids := await self._rule_ids(keys, None, after, _BATCH):
            yield [rule async for rule in self._rules_and_bindings(keys, rule_ids)]
            after = rule_ids[-1]

    async def _rules_and_bindings(self, keys: RuleKeys, rule_ids: Sequence[str]) -> AsyncIterator[Change]:
        for stored in await self._read_rules(keys, rule_ids):
            yield stored
        with store_errors():
            summaries = await self._client.hmget(keys.bindings, list(rule_ids))
            places = [
                (id, chunk)
                for id, text in zip(rule_ids, summaries, strict=True)
                for chunk in read_summary(text)[1]
            ]
            for start in range(0, len(places), _BATCH):
                part = places[start : start + _BATCH]
                bitmaps = await self._client.mget([keys.bits(rule_id, chunk) for rule_id, chunk in part])
                for (rule_id, chunk), bitmap in zip(part, bitmaps, strict=True):
                    yield BindingChange(Operation.SET, (rule_id,), chunk, bitmap or b"")

    def notices(self) -> AsyncIterator[tuple[str, Revision]]:
        return listen(self._client)

    async def _rule_ids(self, keys: RuleKeys, owner: Owner | None, after: str, count: int) -> list[str]:
        start = f"({after}" if after else "-"
        with store_errors():
            ids = await self._client.zrange(keys.ids(owner), start, "+", bylex=True, offset=0, num=count)
        return [id.decode() for id in ids]

    async def _read_rules(self, keys: RuleKeys, rule_ids: Sequence[str]) -> list[StoredRule]:
        """Returns the rules that are there, in the order asked."""
        if not rule_ids:
            return []
        with store_errors():
            records = await self._client.hmget(keys.rules, list(rule_ids))
            summaries = await self._client.hmget(keys.bindings, list(rule_ids))
        return [read_rule(record, text) for record, text in zip(records, summaries, strict=True) if record]

    async def _write(
        self, script: str, write: Write, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> tuple[Any, Revision]:
        """Runs a script that begins and ends as `lua/_commit.lua` says; returns its result and the revision."""
        corp = RuleKeys(write.corp_id)
        try:
            answer = await self._scripts.run(
                script,
                [corp.meta, corp.log, corp.request(write.request_id), *keys],
                [write.fingerprint, write.corp_id, *arguments],
                retry_once=True,
            )
        except ScriptRefused as refusal:
            if refusal.code == "REQUEST_ID_REUSED":
                raise RequestIdReused(write.request_id) from None
            raise
        return _decode(answer)


def _decode(answer: bytes) -> tuple[Any, Revision]:
    decoded = msgspec.json.decode(answer)
    return decoded["result"], Revision.parse(decoded["token"])


def _check_owners(rules: Sequence[Rule], groups: Sequence[StoredGroup]) -> bool:
    """Checks that each rule's owner may bind each group; tells whether that hangs on what the groups are now."""
    restricted = [rule for rule in rules if rule.owner.kind is not OwnerKind.SUPER_ADMIN]
    for rule in restricted:
        for stored in groups:
            if why := why_not_bindable(rule.owner, stored.group):
                raise BindingNotAllowed(rule.rule_id, stored.group.chat_id, why)
    return bool(restricted)


def _stored(result: dict[str, str]) -> StoredRule:
    summary = result.get("summary")
    return read_rule(result["record"].encode(), summary.encode() if summary else None)


def _counts(rule_ids: Sequence[str], result: Sequence[Sequence[int]]) -> list[BindingCount]:
    return [BindingCount(rule_id, *counted) for rule_id, counted in zip(rule_ids, result, strict=True)]


def _details(refusal: ScriptRefused, code: str) -> dict[str, Any]:
    if refusal.code != code:
        raise refusal
    return refusal.details


def _raise_rule_refusal(refusal: ScriptRefused, rule_id: str) -> None:
    """Raises what a refusal means for a caller; returns if the write has to be planned anew."""
    if refusal.code == "RULE_NOT_FOUND":
        raise RuleNotFound(refusal.details["rule_ids"]) from None
    if refusal.code == "ETAG_MISMATCH":
        raise EtagMismatch(rule_id, refusal.details["etag"]) from None
    if refusal.code not in ("CHANGED_MEANWHILE", "LIMIT"):
        raise refusal


def _too_many_groups(refusal: ScriptRefused) -> LimitExceeded:
    most = limits.GROUPS_PER_RULE
    return LimitExceeded(
        [
            PassedLimit(f"rule {over['rule_id']}", "groups of a rule", most, over["current"], over["asked"])
            for over in refusal.details["rules"]
        ]
    )
