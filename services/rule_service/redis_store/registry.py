"""Looking at the group registry on Redis or Valkey, with plain commands."""

from collections.abc import AsyncIterator, Mapping, Sequence

from rule_service.domain import limits
from rule_service.domain.group import GroupSelection
from rule_service.domain.rule import Owner
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.reader import RedisReader
from rule_service.redis_store.records import read_group
from rule_service.redis_store.released import unpack
from rule_service.store.registry import ListedGroup, Moment, ReleasedBindings, Seen
from service_kit.store_errors import store_errors

_BATCH = 500
"""Groups to read in one command."""
_RECORDS = 20
"""Records of released bindings to read in one command."""


class RedisRegistry(RedisReader):
    """See `rule_service.store.registry.Registry`."""

    async def list_groups(self, corp_id: str, selection: GroupSelection, after: int, count: int) -> Seen:
        keys = RuleKeys(corp_id)
        with store_errors():
            given_out = int(await self._client.hget(keys.meta, "ordinals") or 0)
        end = min(given_out, after + 1 + limits.GROUPS_LOOKED_AT)
        found: list[ListedGroup] = []
        for start in range(after + 1, end, _BATCH):
            numbers = range(start, min(start + _BATCH, end))
            with store_errors():
                chat_ids = await self._client.hmget(keys.by_ordinal, list(numbers))
            found += await self._selected(keys, selection, [it.decode() for it in chat_ids if it])
            if len(found) >= count:
                found = found[:count]
                return Seen(await self._with_activity(keys, found), found[-1].stored.ordinal)
        return Seen(await self._with_activity(keys, found), end - 1 if end < given_out else None)

    async def _selected(
        self,
        keys: RuleKeys,
        selection: GroupSelection,
        chat_ids: Sequence[str],
        active_ms: Mapping[str, int] | None = None,
    ) -> list[ListedGroup]:
        """Returns those of some groups that are selected, in the same order."""
        if not chat_ids:
            return []
        with store_errors():
            records = await self._client.hmget(keys.groups, list(chat_ids))
        groups = [read_group(record) for record in records if record]
        return [
            ListedGroup(stored, (active_ms or {}).get(stored.group.chat_id))
            for stored in groups
            if selection.selects(stored.group)
        ]

    async def _with_activity(self, keys: RuleKeys, groups: Sequence[ListedGroup]) -> tuple[ListedGroup, ...]:
        if not groups:
            return ()
        with store_errors():
            scores = await self._client.zmscore(keys.active, [it.stored.group.chat_id for it in groups])
        return tuple(
            ListedGroup(it.stored, None if score is None else -int(score))
            for it, score in zip(groups, scores, strict=True)
        )

    async def list_active_groups(
        self, corp_id: str, selection: GroupSelection, after: Moment | None, count: int
    ) -> Seen:
        keys = RuleKeys(corp_id)
        found: list[ListedGroup] = []
        looked_at = 0
        async for batch in self._by_activity(keys, after):
            active_ms = {chat_id: ms for ms, chat_id in batch}
            found += await self._selected(keys, selection, list(active_ms), active_ms)
            if len(found) >= count:
                return Seen(tuple(found[:count]), found[count - 1].moment)
            looked_at += len(batch)
            if looked_at >= limits.GROUPS_LOOKED_AT:
                return Seen(tuple(found), batch[-1])
        return Seen(tuple(found), None)

    async def _by_activity(self, keys: RuleKeys, after: Moment | None) -> AsyncIterator[list[Moment]]:
        """Yields all groups, the most recently active first, from behind a moment on.

        Each batch is found by the moment before it, not by a rank, which groups that move meanwhile would shift.
        """
        wanted = _BATCH
        while True:
            start = -after[0] if after else "-inf"
            with store_errors():
                read = await self._client.zrange(
                    keys.active, start, "+inf", byscore=True, offset=0, num=wanted, withscores=True
                )
            places = [(int(score), chat_id) for chat_id, score in read]
            behind = [it for it in places if after is None or it > (-after[0], after[1].encode())]
            batch = [(-score, chat_id.decode()) for score, chat_id in behind]
            for first in range(0, len(batch), _BATCH):
                yield batch[first : first + _BATCH]
            after = batch[-1] if batch else after
            if len(read) < wanted:
                return
            # Groups of one time are read from their first on again: past more of them than a batch holds.
            wanted = _BATCH if places[0][0] != places[-1][0] else 2 * wanted

    async def report_activity(self, corp_id: str, active_ms: Mapping[str, int]) -> int:
        keys = RuleKeys(corp_id)
        pipeline = self._client.pipeline(transaction=False)
        pipeline.zmscore(keys.active, list(active_ms))
        # XX: a group that is dismissed at this very moment does not come back. LT: the lower, the later.
        pipeline.zadd(keys.active, {chat_id: -ms for chat_id, ms in active_ms.items()}, xx=True, lt=True)
        with store_errors():
            scores, _ = await pipeline.execute()
        return sum(score is None for score in scores)

    async def list_released(
        self,
        corp_id: str,
        rule_id: str,
        seen_by: frozenset[Owner] | None,
        after: tuple[int, int] | None,
        count: int,
    ) -> tuple[list[ReleasedBindings], tuple[int, int] | None]:
        def wanted(of_rule: str, owner: Owner) -> bool:
            return rule_id in ("", of_rule) and (seen_by is None or owner in seen_by)

        keys = RuleKeys(corp_id)
        found: list[ReleasedBindings] = []
        newest, looked_at = f"{after[0]}-0" if after else "+", 0
        while True:
            with store_errors():
                entries = await self._client.xrevrange(keys.releases, max=newest, min="-", count=_RECORDS)
            for id, entry in entries:
                revision = int(id.partition(b"-")[0])
                start = after[1] + 1 if after and after[0] == revision else 0
                for released in unpack(revision, entry[b"release"], start, wanted):
                    found.append(released)
                    if len(found) == count:
                        return found, (revision, released.index)
                looked_at += 1
                if looked_at >= limits.RELEASES_LOOKED_AT:
                    return found, (revision - 1, -1)  # before the first of the write before
            if len(entries) < _RECORDS:
                return found, None
            newest = f"({entries[-1][0].decode()}"
