"""RuleStore on Redis or Valkey, complete: rules and groups on top of bindings and reading."""

from collections.abc import Sequence

import msgspec

from rule_service.change_log import binding_payload
from rule_service.domain import limits
from rule_service.domain.bindings import masks
from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Owner, Rule, StoredRule
from rule_service.records import group_json, read_group, read_rule, read_summary, rule_json
from rule_service.redis_bindings import RedisBindings
from rule_service.redis_writer import PLANS, digest
from rule_service.refusals import details, raise_rule_refusal
from rule_service.release import Release, losing_owners
from rule_service.rule_keys import RuleKeys
from rule_service.store import Operation, Upserted
from service_kit.errors import (
    LimitExceeded,
    PassedLimit,
)
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write


class RedisRuleStore(RedisBindings):
    """See `rule_service.store.RuleStore`."""

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

    async def delete_rule(self, write: Write, stored: StoredRule) -> Revision:
        keys, rule = RuleKeys(write.corp_id), stored.rule
        for _ in range(PLANS):
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

    async def upsert_groups(self, write: Write, groups: Sequence[Group]) -> Upserted:
        for _ in range(PLANS):
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
            "seen": digest(records),
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


def _stored(result: dict[str, str]) -> StoredRule:
    summary = result.get("summary")
    return read_rule(result["record"].encode(), summary.encode() if summary else None)
