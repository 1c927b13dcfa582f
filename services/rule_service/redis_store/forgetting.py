"""Finding what names a customer on Redis or Valkey, rewriting histories and cutting the change log."""

import zlib
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec

from rule_service.domain.naming import names_sender, without_sender
from rule_service.domain.rule import Rule, StoredRule
from rule_service.redis_store.change_log import changes
from rule_service.redis_store.history import packed_state
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.writer import PLANS, RedisWriter
from rule_service.store import Change, ExemptionChange
from service_kit.scanning import scan_keys
from service_kit.scripts import Argument
from service_kit.store_errors import StoreUnavailable, store_errors

_AT_ONCE = 100
"""Entries of the log, or rules, that are read at once."""


class RedisForgetting(RedisWriter):
    """See `rule_service.store.forgetting.Forgetting`."""

    async def changes_naming(self, corp_id: str, external_userid: str) -> tuple[int, int]:
        count, last = 0, 0
        start = "-"
        while True:
            with store_errors():
                entries = await self._client.xrange(RuleKeys(corp_id).log, min=start, count=_AT_ONCE)
            for id, entry in entries:
                if any(_names(change, external_userid) for change in changes(entry)):
                    count += 1
                    last = int(id.partition(b"-")[0])
            if len(entries) < _AT_ONCE:
                return count, last
            start = f"({entries[-1][0].decode()}"

    async def cut_changes(self, corp_id: str, revision: int) -> None:
        await self._scripts.run("cut_log", [RuleKeys(corp_id).log], [revision], retry_once=True)

    async def rules_naming(self, corp_id: str, external_userid: str) -> AsyncIterator[str]:
        keys, after = RuleKeys(corp_id), ""
        while rule_ids := await self._rule_ids(keys, None, after, _AT_ONCE):
            for stored in await self.find_rules(corp_id, rule_ids):
                if names_sender(stored.rule.conditions, external_userid):
                    yield stored.rule.rule_id
            after = rule_ids[-1]

    async def forget_in_histories(
        self, corp_id: str, external_userid: str, *, erase: bool
    ) -> AsyncIterator[int]:
        keys = RuleKeys(corp_id)
        async for histories in scan_keys(self._client, keys.meta, keys.histories):
            for history in histories:
                yield await self._forget_in(history, external_userid, erase)

    async def _forget_in(self, history: str, external_userid: str, erase: bool) -> int:
        for _ in range(PLANS):
            with store_errors():
                entries = await self._client.xrange(history)
            found, rewritten = 0, list[Argument]()
            for id, fields in entries:
                state = fields.get(b"state", b"")
                if state and (forgotten := _without(state, external_userid)) is not None:
                    found, state = found + 1, forgotten
                rewritten += id, fields[b"edit"], state
            if not found or not erase:
                return found
            if await self._scripts.run("rewrite_history", [history], rewritten, retry_once=True):
                return found
        raise StoreUnavailable("a rule's history changes faster than it can be read")


def _without(state: bytes, external_userid: str) -> bytes | None:
    """Returns a rule's state without a customer; None if it does not name it."""
    rule = msgspec.json.decode(zlib.decompress(state), type=Rule)
    if not names_sender(rule.conditions, external_userid):
        return None
    return packed_state(replace(rule, conditions=without_sender(rule.conditions, external_userid)))


def _names(change: Change, external_userid: str) -> bool:
    match change:
        case ExemptionChange():
            return external_userid in change.added or external_userid in change.removed
        case StoredRule():
            return names_sender(change.rule.conditions, external_userid)
    return False
