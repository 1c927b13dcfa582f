"""The group registry on Redis or Valkey."""

from collections.abc import Sequence

import msgspec

from rule_service.domain import limits
from rule_service.domain.bindings import masks
from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Owner
from rule_service.redis_store.change_log import binding_payload
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.records import group_json, read_group, read_summary
from rule_service.redis_store.release import Release, losing_owners
from rule_service.redis_store.writer import PLANS, RedisWriter, digest
from rule_service.store import Operation, Upserted
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write


class RedisGroups(RedisWriter):
    """See `rule_service.store.groups.Groups`."""

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
