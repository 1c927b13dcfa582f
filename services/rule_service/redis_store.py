"""RuleStore on Redis or Valkey: writes are Lua scripts, one a method."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from rule_service.change_log import binding_payload
from rule_service.domain import limits
from rule_service.domain.bindings import CHUNK_ORDINALS, masks, without
from rule_service.domain.group import Group, StoredGroup, why_not_bindable
from rule_service.domain.rule import Owner, OwnerKind, Rule, StoredRule
from rule_service.records import group_json, read_group, read_rule, read_summary, rule_json
from rule_service.redis_reader import RedisRuleReader
from rule_service.refusals import details, raise_rule_refusal, too_many_groups
from rule_service.release import Release, losing_owners
from rule_service.rule_keys import RuleKeys
from rule_service.store import BindingCount, GroupRulesSet, Operation, Upserted
from service_kit.errors import (
    BindingNotAllowed,
    GroupNotFound,
    LimitExceeded,
    PassedLimit,
    RequestIdReused,
)
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write

_PLANS = 10
"""How often a write is planned anew because what it was planned on changed meanwhile."""


class RedisRuleStore(RedisRuleReader):
    """See `rule_service.store.RuleStore`."""

    def __init__(self, client: StoreClient) -> None:
        super().__init__(client)
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
            current = details(refusal, "LIMIT")["current"]
            limit = PassedLimit(f"corp {write.corp_id}", f"rules of {rule.owner}", most, current, 1)
            raise LimitExceeded([limit]) from None
        return _stored(result), revision

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
            raise_rule_refusal(refusal, rule.rule_id)
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
                raise_rule_refusal(refusal, rule.rule_id)
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
                raise_rule_refusal(refusal, "")
                if refusal.code == "LIMIT":
                    raise too_many_groups(refusal) from None
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
                _digest(records) if owners_matter else "",
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

    async def set_group_rules(
        self, write: Write, at: Revision, group: StoredGroup, bind: Sequence[str], unbind: Sequence[str]
    ) -> GroupRulesSet | None:
        keys = RuleKeys(write.corp_id)
        chunk, place = divmod(group.ordinal, CHUNK_ORDINALS)
        payloads = [
            binding_payload(operation, rule_ids, [group.ordinal]) if rule_ids else b""
            for operation, rule_ids in ((Operation.BIND, bind), (Operation.UNBIND, unbind))
        ]
        try:
            result, revision = await self._write(
                "set_group_rules",
                write,
                [keys.bindings, *(keys.bits(rule_id, chunk) for rule_id in (*bind, *unbind))],
                [
                    at.number,
                    chunk,
                    place,
                    limits.GROUPS_PER_RULE,
                    msgspec.json.encode({"bind": list(bind), "unbind": list(unbind)}),
                    *payloads,
                ],
            )
        except ScriptRefused as refusal:
            if refusal.code == "LIMIT":
                raise too_many_groups(refusal) from None
            if refusal.code == "CHANGED_MEANWHILE":
                return None
            raise
        return _set(result, revision)

    async def set_before(self, write: Write) -> GroupRulesSet | None:
        answer = await self._answered(write)
        return None if answer is None else _set(*answer)

    async def upsert_groups(self, write: Write, groups: Sequence[Group]) -> Upserted:
        for _ in range(_PLANS):
            try:
                return await self._upsert_groups(write, groups)
            except ScriptRefused as refusal:
                if refusal.code != "CHANGED_MEANWHILE":
                    raise
        raise StoreUnavailable("the groups, or the rules bound to them, keep changing")

    async def _upsert_groups(self, write: Write, groups: Sequence[Group]) -> Upserted:
        keys = RuleKeys(write.corp_id)
        chat_ids = [group.chat_id for group in groups]
        before = await self.revision(write.corp_id)
        with store_errors():
            records = await self._client.hmget(keys.groups, chat_ids)
        losses = losing_owners([record and read_group(record) for record in records], groups)
        releases = [await self._release(keys, owner, ordinals) for owner, ordinals in losses.items()]
        places: list[tuple[str, str, int]] = []
        bits: list[str] = []
        stay: list[bytes] = []
        for release, bound in releases:
            for chunk, mask in release.staying.items():
                stay.append(mask)
                for rule_id in (it for it in release.rule_ids if chunk in bound[it]):
                    places.append((rule_id, str(chunk), len(stay)))
                    bits.append(keys.bits(rule_id, chunk))
        plan = {
            "seen": _digest(records),
            "revision": before.number if losses else -1,
            "chat_ids": chat_ids,
            "bodies": [group_json(group).decode() for group in groups],
            "releases": [
                binding_payload(Operation.UNBIND, release.rule_ids, release.ordinals).decode()
                for release, _ in releases
                if release.rule_ids
            ],
            "chunks": places,
        }
        result, revision = await self._write(
            "upsert_groups",
            write,
            [keys.groups, keys.bindings, *keys.scratch, keys.by_ordinal, *bits],
            [msgspec.json.encode(plan), *stay],
        )
        stored = [
            StoredGroup(group, number) for group, number in zip(groups, result["ordinals"], strict=True)
        ]
        return Upserted(tuple(stored), result["created"], result["released"], revision)

    async def _release(
        self, keys: RuleKeys, owner: Owner, ordinals: Sequence[int]
    ) -> tuple[Release, dict[str, tuple[int, ...]]]:
        """Returns what an owner's rules lose with some groups, and the chunks that each of these rules has."""
        rule_ids = await self._rule_ids(keys, owner, "", limits.RULES_PER_OWNER)
        if not rule_ids:
            return Release((), tuple(ordinals)), {}
        with store_errors():
            summaries = await self._client.hmget(keys.bindings, rule_ids)
        concerned = masks(ordinals).keys()
        chunks = {id: read_summary(text)[1] for id, text in zip(rule_ids, summaries, strict=True)}
        bound = {id: has for id, has in chunks.items() if concerned & set(has)}
        return Release(tuple(bound), tuple(ordinals)), bound

    async def _write(
        self, script: str, write: Write, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> tuple[Any, Revision]:
        """Runs a script that begins and ends as `lua/_commit.lua` says; returns its result and the revision."""
        corp = RuleKeys(write.corp_id)
        try:
            answer = await self._scripts.run(
                script,
                [corp.request(write.request_id), corp.meta, corp.log, *keys],
                [write.fingerprint, write.corp_id, *arguments],
                retry_once=True,
            )
        except ScriptRefused as refusal:
            if refusal.code == "REQUEST_ID_REUSED":
                raise RequestIdReused(write.request_id) from None
            raise
        return _decode(answer)


def _digest(records: Sequence[bytes | None]) -> str:
    """Sums up what the registry says of some groups, as `lua/_commit.lua` does."""
    return hashlib.sha1(b"\n".join(record or b"" for record in records), usedforsecurity=False).hexdigest()


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


def _set(result: dict[str, Sequence[str]], revision: Revision) -> GroupRulesSet:
    return GroupRulesSet(tuple(result["bound"]), tuple(result["unbound"]), revision)


def _counts(rule_ids: Sequence[str], result: Sequence[Sequence[int]]) -> list[BindingCount]:
    return [BindingCount(rule_id, *counted) for rule_id, counted in zip(rule_ids, result, strict=True)]
