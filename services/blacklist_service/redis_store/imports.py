"""Imports: parts that are taken once, in order, as far as the list has room."""

from collections.abc import Sequence
from typing import Any

import msgspec

from blacklist_service.domain.entry import ImportPart, Origin
from blacklist_service.redis_store.entries import RedisEntries
from blacklist_service.redis_store.keys import BlacklistKeys
from blacklist_service.redis_store.records import entry_record, origin_id, origin_json
from blacklist_service.redis_store.writer import changed
from blacklist_service.store import Account
from service_kit.bloom import digests
from service_kit.errors import invalid
from service_kit.scripts import Argument
from service_kit.store_errors import ScriptRefused


class RedisImports(RedisEntries):
    """See `blacklist_service.store.BlacklistStore`."""

    async def take(self, corp_id: str, part: ImportPart) -> Account:
        keys, most = BlacklistKeys(corp_id), self._limits.of(part.blacklist.kind)
        ids = [item.external_userid if item else "" for item in part.items]
        buckets = keys.buckets_with(part.blacklist, ids)
        arguments = [most, part.first, *_items(part, ids)]
        answer = await self._take(corp_id, part, [keys.account(part.import_id), *buckets], arguments)
        begun = answer["begun"]
        while answer["due"]:
            await self._sweep(corp_id, part.blacklist, answer["due"])
            answer = await self._take(corp_id, part, [keys.account(part.import_id), *buckets], arguments)
        return Account(
            begun,
            *(answer[name] for name in ("next", "added", "already", "refused", "count", "limit", "full")),
            **changed(answer, "publish"),
        )

    async def _take(
        self, corp_id: str, part: ImportPart, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> dict[str, Any]:
        try:
            answer = await self._change("import_entries", corp_id, part.blacklist, keys, arguments)
        except ScriptRefused as refusal:
            if refusal.code == "IMPORT_LIST":
                raise invalid(
                    "import_id", f"this import is of another list: {refusal.details['list']}"
                ) from None
            if refusal.code == "IMPORT_GAP":
                next_ = refusal.details["next"]
                raise invalid("first", f"the import goes on at {next_}, not at {part.first}") from None
            raise
        decoded: dict[str, Any] = msgspec.json.decode(answer)
        return decoded


def _items(part: ImportPart, ids: list[str]) -> list[Argument]:
    """Returns digests, entries, customers and origins as the script takes them."""
    packed = digests(part.blacklist.owner_userid, ids)  # that of a refused item is not looked at
    origins: dict[Origin, str] = {}
    records = _records(part, origins)
    usual = next(filter(None, records), "")
    own = [(place, record) for place, record in enumerate(records) if record not in ("", usual)]
    arguments: list[Argument] = [packed, usual, len(ids), len(origins), len(own), *ids]
    for origin, id in origins.items():
        arguments += id, origin_json(origin)
    for place, record in own:
        arguments += place, record
    return arguments


def _records(part: ImportPart, origins: dict[Origin, str]) -> list[str]:
    """Returns the entry of each item, '' for one that is refused; notes origins and their ids."""
    records: list[str] = []
    last, record = None, ""  # most items say the same as the one before
    for item in part.items:
        if item is None:
            records.append("")
            continue
        if last is None or item.origin is not last.origin or item.expires_at != last.expires_at:
            id = origins.get(item.origin) or origins.setdefault(item.origin, origin_id(item.origin))
            last, record = item, entry_record(id, part.added_at, item.expires_at)
        records.append(record)
    return records
