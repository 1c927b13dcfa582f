"""Reading rules, groups and bindings from Redis or Valkey, with plain commands."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from rule_service.domain.bindings import CHUNK_ORDINALS, ordinals
from rule_service.domain.group import StoredGroup
from rule_service.domain.rule import Owner, StoredRule
from rule_service.domain.settings import StoredSettings
from rule_service.redis_store.change_log import changes, revision_after, revision_before
from rule_service.redis_store.exempt_lists import read_exemptions
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.notices import listen
from rule_service.redis_store.records import living, read_group, read_rule, read_settings, read_summary
from rule_service.store import BindingChange, Change, Operation
from service_kit.errors import RuleNotFound
from service_kit.redis_client import StoreClient
from service_kit.revision import NO_RULES, Revision
from service_kit.store_errors import store_errors

_BATCH = 200
"""Objects to read in one command while everything is read: a few ms of the store's time."""
_LOG_BATCH = 100
"""Log entries to read in one command."""


class RedisReader:
    """The reading half of `rule_service.store.RuleStore`."""

    def __init__(self, client: StoreClient) -> None:
        self._client: Any = client  # redis-py types every answer as a union over all of its modes

    async def get_rules(self, corp_id: str, rule_ids: Sequence[str]) -> list[StoredRule]:
        found = await self.find_rules(corp_id, rule_ids)
        if missing := sorted(set(rule_ids) - {stored.rule.rule_id for stored in found}):
            raise RuleNotFound(missing)
        return found

    async def find_rules(self, corp_id: str, rule_ids: Sequence[str]) -> list[StoredRule]:
        if not rule_ids:
            return []
        keys = RuleKeys(corp_id)
        with store_errors():
            records = await self._client.hmget(keys.rules, list(rule_ids))
            summaries = await self._client.hmget(keys.bindings, list(rule_ids))
        return [read_rule(record, text) for record, text in zip(records, summaries, strict=True) if record]

    async def list_rules(self, corp_id: str, owner: Owner | None, after: str, count: int) -> list[StoredRule]:
        found: list[StoredRule] = []  # a rule deleted between the two reads must not end the list early
        while rule_ids := await self._rule_ids(RuleKeys(corp_id), owner, after, count - len(found)):
            found += await self.find_rules(corp_id, rule_ids)
            after = rule_ids[-1]
        return found

    async def list_rules_of(
        self, corp_id: str, owners: Collection[Owner], after: str, count: int
    ) -> list[StoredRule]:
        keys = RuleKeys(corp_id)
        found: list[StoredRule] = []
        while len(found) < count:
            pools = [await self._rule_ids(keys, owner, after, count - len(found)) for owner in owners]
            rule_ids = sorted(rule_id for pool in pools for rule_id in pool)[: count - len(found)]
            if not rule_ids:
                break
            found += await self.find_rules(corp_id, rule_ids)
            after = rule_ids[-1]
        return found

    async def get_groups(self, corp_id: str, chat_ids: Sequence[str]) -> list[StoredGroup]:
        with store_errors():
            records = await self._client.hmget(RuleKeys(corp_id).groups, list(chat_ids))
        return living(chat_ids, records)

    async def find_groups(self, corp_id: str, chat_ids: Sequence[str]) -> list[StoredGroup]:
        with store_errors():
            records = await self._client.hmget(RuleKeys(corp_id).groups, list(chat_ids))
        groups = [read_group(record) for record in records if record]
        return [stored for stored in groups if not stored.group.dismissed_at]

    async def list_rule_groups(self, corp_id: str, rule_id: str, after: int, count: int) -> list[StoredGroup]:
        keys = RuleKeys(corp_id)
        found: list[int] = []
        with store_errors():
            chunks = read_summary(await self._client.hget(keys.bindings, rule_id))[1]
            for chunk in (it for it in chunks if (it + 1) * CHUNK_ORDINALS > after):
                bitmap = await self._client.get(keys.bits(rule_id, chunk))
                found += [it for it in ordinals(chunk, bitmap or b"") if it > after]
                if len(found) >= count:
                    break
            chat_ids = await self._client.hmget(keys.by_ordinal, found[:count]) if found else []
            records = await self._client.hmget(keys.groups, chat_ids) if chat_ids else []
        return [read_group(record) for record in records]  # one dismissed since then says so

    async def rules_of_group(self, corp_id: str, ordinal: int) -> list[str]:
        keys = RuleKeys(corp_id)
        chunk, place = divmod(ordinal, CHUNK_ORDINALS)
        bits: list[int] = []
        with store_errors():
            summaries = await self._client.hgetall(keys.bindings)
            rule_ids = sorted(id.decode() for id, text in summaries.items() if chunk in read_summary(text)[1])
            for start in range(0, len(rule_ids), _BATCH):
                pipeline = self._client.pipeline(transaction=False)
                for rule_id in rule_ids[start : start + _BATCH]:
                    pipeline.getbit(keys.bits(rule_id, chunk), place)
                bits += await pipeline.execute()
        return [rule_id for rule_id, bit in zip(rule_ids, bits, strict=True) if bit]

    async def bound_ordinals(self, corp_id: str, rule_id: str, chunks: Sequence[int]) -> set[int]:
        keys = RuleKeys(corp_id)
        with store_errors():
            bitmaps = await self._client.mget([keys.bits(rule_id, chunk) for chunk in chunks])
        return {
            it for chunk, bitmap in zip(chunks, bitmaps, strict=True) for it in ordinals(chunk, bitmap or b"")
        }

    async def get_settings(self, corp_id: str) -> StoredSettings:
        with store_errors():
            return read_settings(await self._client.hget(RuleKeys(corp_id).meta, "settings"))

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
            groups = map(read_group, records.values())
            yield [stored for stored in groups if not stored.group.dismissed_at]
            if cursor == 0:
                break
        after = ""
        while rule_ids := await self._rule_ids(keys, None, after, _BATCH):
            yield [rule async for rule in self._rules_and_bindings(corp_id, rule_ids)]
            after = rule_ids[-1]
        async for part in read_exemptions(self._client, keys, _BATCH):
            yield list(part)
        if (settings := await self.get_settings(corp_id)).revision:
            yield [settings]

    async def _rules_and_bindings(self, corp_id: str, rule_ids: Sequence[str]) -> AsyncIterator[Change]:
        keys = RuleKeys(corp_id)
        for stored in await self.find_rules(corp_id, rule_ids):
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
        if count == 0:
            return []
        start = f"({after}" if after else "-"
        with store_errors():
            ids = await self._client.zrange(keys.ids(owner), start, "+", bylex=True, offset=0, num=count)
        return [id.decode() for id in ids]
