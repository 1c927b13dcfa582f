"""Records in Redis or Valkey."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from filter_service.domain.message import Message
from filter_service.records import tally
from filter_service.records.record import Record
from filter_service.records.store import KEPT_DAYS, Batch, DayNumbers, Logged
from service_kit.keys import corp_key
from service_kit.redis_client import StoreClient
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import store_errors

MOST_LOGGED = 100_000
"""Entries in a corp's log, some 50 MB without texts; the oldest go first."""
MOST_RULE_FIELDS = 50_000
"""Counters of rules on one day; those of 10,000 rules or so, which take 4 MB."""
MOST_GROUP_FIELDS = 4_000
"""Counters of groups on one day, two for each."""
MOST_RULES = 50_000
"""Rules of which is known when they were last hit."""
MOST_SEEN = 500_000
"""message_ids of one day that are recognised, some 40 MB."""
_REMEMBER_SECONDS = 400 * 86_400
_AT_ONCE = 20
"""Questions that are asked at the same time."""


class RedisRecordStore:
    """See `RecordStore`.

    gg:filter:{corp}:hits                       stream  entries of the log, field d; goes when nothing was logged for as
                                                        long as the corp keeps entries
    gg:filter:{corp}:last-hits                  hash    rule_id → ms; empty → when counting began
    gg:filter:{corp}:recorded:<day>             set     hashes of sender, group and message_id; for two days
    gg:filter:{corp}:batch:<token>              string  a batch that was written; for an hour
    gg:filter:{corp}:totals:<day>               hash    counter → number
    gg:filter:{corp}:rules:<day>                hash    `<rule_id> <counter>` → number
    gg:filter:{corp}:groups:<day>               hash    `<chat_id> <counter>` → number; empty chat_id: all others
    gg:filter:{corp}:senders:<day>:<rule_id>    HyperLogLog
    gg:filter:{corp}:chats:<day>:<rule_id>      HyperLogLog

    What has a day goes after `KEPT_DAYS` days.
    """

    def __init__(self, client: StoreClient) -> None:
        self._client = client
        self._scripts = Scripts(client, "filter_service")

    async def write(self, corp_id: str, batch: Batch) -> None:
        day_before = (date.fromisoformat(batch.day) - timedelta(days=1)).isoformat()
        rule_ids = list(dict.fromkeys(hit.rule_id for record, _ in batch.records for hit in record.rules))
        keys = [
            corp_key("filter", corp_id, *parts)
            for parts in (
                ("batch", batch.token),
                ("recorded", batch.day),
                ("recorded", day_before),
                ("hits",),
                ("last-hits",),
                ("totals", batch.day),
                ("rules", batch.day),
                ("groups", batch.day),
                *((kind, batch.day, rule_id) for rule_id in rule_ids for kind in ("senders", "chats")),
            )
        ]
        places = {rule_id: 1 + 2 * index for index, rule_id in enumerate(rule_ids)}
        log = batch.records[-1][0].log if batch.records else None
        asked = {
            "kept": KEPT_DAYS * 86_400,
            "remember": _REMEMBER_SECONDS,
            "retention": log.retention_seconds if log else 0,
            "most_logged": MOST_LOGGED,
            "most_rule_fields": MOST_RULE_FIELDS,
            "most_group_fields": MOST_GROUP_FIELDS,
            "most_rules": MOST_RULES,
            "most_seen": MOST_SEEN,
            "totals": {tally.MESSAGES: batch.judged, tally.DROPPED: batch.dropped},
            "records": [_asked(record, places) for record, _ in batch.records],
        }
        arguments: list[Argument] = [msgspec.json.encode(asked), *(entry for _, entry in batch.records)]
        await self._scripts.run("record_decisions", keys, arguments, retry_once=True)

    async def read_log(
        self, corp_id: str, behind: str, until: str, count: int, *, newest_first: bool = False
    ) -> list[Logged]:
        begin = behind if behind in "-+" else f"({behind}"
        command = "XREVRANGE" if newest_first else "XRANGE"
        found = await self._ask(command, corp_key("filter", corp_id, "hits"), begin, until, "COUNT", count)
        return [Logged(place.decode(), fields[b"d"]) for place, fields in found]

    async def erase(self, corp_id: str, places: Sequence[str]) -> None:
        await self._ask("XDEL", corp_key("filter", corp_id, "hits"), *places)

    async def end_of_log(self, corp_id: str) -> str:
        newest = await self._ask("XREVRANGE", corp_key("filter", corp_id, "hits"), "+", "-", "COUNT", 1)
        return newest[0][0].decode() if newest else "0-0"

    async def numbers(self, corp_id: str, days: Sequence[str]) -> list[DayNumbers]:
        found: list[DayNumbers] = []
        for day in days:
            totals, rules, groups = await asyncio.gather(
                *(
                    self._ask("HGETALL", corp_key("filter", corp_id, kind, day))
                    for kind in ("totals", "rules", "groups")
                )
            )
            counters = {name.decode(): int(number) for name, number in totals.items()}
            found.append(DayNumbers(day, counters, _by_name(rules), _by_name(groups)))
        return found

    async def reach(self, corp_id: str, rule_id: str, days: Sequence[str]) -> tuple[int, int]:
        senders, groups = await asyncio.gather(
            *(
                self._ask("PFCOUNT", *(corp_key("filter", corp_id, kind, day, rule_id) for day in days))
                for kind in ("senders", "chats")
            )
        )
        return senders, groups

    async def last_hits(self, corp_id: str) -> Mapping[str, float]:
        found = await self._ask("HGETALL", corp_key("filter", corp_id, "last-hits"))
        return {rule_id.decode(): int(ms) / 1000 for rule_id, ms in found.items()}

    async def _ask(self, *command: Argument) -> Any:
        with store_errors():
            return await self._client.execute_command(*command)


def _asked(record: Record, places: Mapping[str, int]) -> dict[str, Any]:
    """Writes a record for the script."""
    added = tally.additions(record)
    message = record.message
    return {
        "seen": _digest(message) if message.message_id else "",
        "ms": round(record.decided_at * 1000),
        "sender": message.sender.external_userid,
        "group": message.chat_id,
        "totals": added.totals,
        "group_counters": added.group,
        "rules": [(rule_id, names, places[rule_id]) for rule_id, names in added.rules.items()],
    }


def _digest(message: Message) -> str:
    ids = (message.sender.external_userid, message.chat_id, message.message_id)
    return hashlib.blake2b(msgspec.json.encode(ids), digest_size=10).hexdigest()


def _by_name(fields: Mapping[bytes, bytes]) -> dict[tuple[str, str], int]:
    """Reads `<id> <counter>` → number; ids may hold blanks, counters do not."""
    read = {}
    for field, number in fields.items():
        name, _, counter = field.decode().rpartition(" ")
        read[name, counter] = int(number)
    return read
