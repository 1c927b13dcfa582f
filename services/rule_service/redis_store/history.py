"""Histories of rules on Redis or Valkey."""

import zlib
from collections.abc import Mapping

import msgspec

from rule_service.domain.history import Edit, RuleRevision
from rule_service.domain.rule import Owner, Rule, StoredRule
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.reader import RedisReader
from rule_service.redis_store.records import rule_json
from service_kit.errors import RuleRevisionNotFound
from service_kit.store_errors import store_errors


class _Entry(msgspec.Struct):
    """What a change tells besides the rule's state. The owner is there for deletions, which have no state."""

    edit: Edit
    owner: Owner


def edit_json(edit: Edit, owner: Owner) -> bytes:
    """Writes what a history tells of a write."""
    return msgspec.json.encode(_Entry(edit, owner))


def packed_state(rule: Rule) -> bytes:
    """Writes a rule's content for its history: compressed, since it is kept many times and seldom read."""
    return zlib.compress(rule_json(rule))


class RedisHistory(RedisReader):
    """See `rule_service.store.history.History`."""

    async def rule_history(
        self, corp_id: str, rule_id: str, below: int | None, count: int
    ) -> list[RuleRevision]:
        newest = "+" if below is None else f"({below}-0"
        with store_errors():
            entries = await self._client.xrevrange(
                RuleKeys(corp_id).history(rule_id), max=newest, min="-", count=count + 1
            )
        states = [_state(id, fields) for id, fields in entries]
        return [
            _revision(id, fields, before=before, after=after)
            for (id, fields), after, before in zip(entries, states, [*states, None][1:], strict=True)
        ][:count]

    async def rule_state(self, corp_id: str, rule_id: str, revision: int) -> StoredRule:
        id = f"{revision}-0"
        with store_errors():
            entries = await self._client.xrange(RuleKeys(corp_id).history(rule_id), min=id, max=id)
        state = _state(*entries[0]) if entries else None
        if state is None:
            raise RuleRevisionNotFound(rule_id, revision)
        return state


def _state(id: bytes, fields: Mapping[bytes, bytes]) -> StoredRule | None:
    state = fields.get(b"state")
    return StoredRule(msgspec.json.decode(zlib.decompress(state), type=Rule), _number(id)) if state else None


def _revision(
    id: bytes, fields: Mapping[bytes, bytes], *, before: StoredRule | None, after: StoredRule | None
) -> RuleRevision:
    entry = msgspec.json.decode(fields[b"edit"], type=_Entry)
    return RuleRevision(_number(id), entry.edit, entry.owner, before, after)


def _number(id: bytes) -> int:
    return int(id.partition(b"-")[0])
