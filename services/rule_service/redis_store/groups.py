"""The group registry on Redis or Valkey."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from rule_service.domain import limits
from rule_service.domain.group import Group, StoredGroup
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.records import group_json, read_group
from rule_service.redis_store.release import ReleasePlan, losing_owners, plan_release
from rule_service.redis_store.released import pack
from rule_service.redis_store.writer import PLANS, RedisWriter, digest
from rule_service.store import Dismissed, Upserted
from service_kit.errors import GroupNotFound
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write

_Old = Sequence[StoredGroup | None]


class RedisGroups(RedisWriter):
    """See `rule_service.store.groups.Groups`."""

    async def upsert_groups(self, write: Write, groups: Sequence[Group], at: float, actor: str) -> Upserted:
        chat_ids = [group.chat_id for group in groups]
        result, revision = await self._write_groups(
            write, chat_ids, lambda _: groups, at, actor, str(-int(at * 1000))
        )
        stored = [
            StoredGroup(group, number) for group, number in zip(groups, result["ordinals"], strict=True)
        ]
        return Upserted(tuple(stored), result["created"], result["released"], revision)

    async def dismiss_groups(self, write: Write, chat_ids: Sequence[str], at: float, actor: str) -> Dismissed:
        def dismissed(old: _Old) -> list[Group]:
            if missing := [id for id, stored in zip(chat_ids, old, strict=True) if stored is None]:
                raise GroupNotFound(missing)
            groups = [stored.group for stored in old if stored is not None]
            return [it if it.dismissed_at else replace(it, dismissed_at=at) for it in groups]

        result, revision = await self._write_groups(write, chat_ids, dismissed, at, actor, "")
        return Dismissed(result["changed"], result["released"], revision)

    async def _write_groups(
        self,
        write: Write,
        chat_ids: Sequence[str],
        change: Callable[[_Old], Sequence[Group]],
        at: float,
        actor: str,
        active: str,
    ) -> tuple[Any, Revision]:
        """Makes what the registry says of groups into something else.

        Args:
            write: what makes it safe to repeat.
            chat_ids: which groups.
            change: makes what it shall say of them from what it says.
            at: seconds since 1970, for the record of what is released.
            actor: who, likewise.
            active: score of the groups among the active ones; empty if they are active no more.
        """
        for _ in range(PLANS):
            try:
                return await self._write_groups_once(write, chat_ids, change, at, actor, active)
            except ScriptRefused as refusal:
                if refusal.code != "CHANGED_MEANWHILE":
                    raise
        raise StoreUnavailable("the groups, or the rules bound to them, keep changing")

    async def _write_groups_once(
        self,
        write: Write,
        chat_ids: Sequence[str],
        change: Callable[[_Old], Sequence[Group]],
        at: float,
        actor: str,
        active: str,
    ) -> tuple[Any, Revision]:
        keys = RuleKeys(write.corp_id)
        before = await self.revision(write.corp_id)
        with store_errors():
            records = await self._client.hmget(keys.groups, list(chat_ids))
        old = [record and read_group(record) for record in records]
        new = change(old)
        release = await plan_release(self._client, keys, losing_owners(old, new))
        places, masks, bits = _chunks(keys, release)
        plan = {
            "seen": digest(records),
            "revision": before.number if release.losing else -1,
            "active": active,
            "chat_ids": list(chat_ids),
            "bodies": [_body(*it).decode() for it in zip(records, old, new, strict=True)],
            "releases": [payload.decode() for payload in release.payloads()],
            "chunks": places,
            "kept": limits.RELEASES_KEPT,
        }
        names = {stored.ordinal: stored.group.chat_id for stored in old if stored is not None}
        return await self._write(
            "upsert_groups",
            write,
            [
                keys.groups,
                keys.bindings,
                *keys.scratch[:2],
                keys.by_ordinal,
                keys.active,
                keys.releases,
                *bits,
            ],
            [msgspec.json.encode(plan), pack(at, actor, release.by_rule(names)), *masks],
        )


def _body(record: bytes | None, old: StoredGroup | None, new: Group) -> bytes:
    """Writes a group; one that stays as it is keeps its very bytes, so that it shows that nothing changes."""
    if record and old and old.group == new:
        return record.partition(b":")[2]
    return group_json(new)


def _chunks(
    keys: RuleKeys, release: ReleasePlan
) -> tuple[list[tuple[str, str, int]], list[bytes], list[str]]:
    """Returns the script's `chunks`, its masks, and the bitmaps' keys."""
    staying = release.staying
    numbers = {place: number for number, place in enumerate(staying, 1)}
    places = [(loss.rule_id, str(loss.chunk), numbers[loss.owner, loss.chunk]) for loss in release.losses]
    return places, list(staying.values()), [keys.bits(loss.rule_id, loss.chunk) for loss in release.losses]
