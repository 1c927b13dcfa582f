"""Erasing what is counted of a sender.

No index tells which keys are a sender's: counting, which every message does, would pay for it. So all keys of the server
are looked through, a thousand at once: half a millisecond of the store's time each, about a second for a million keys.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from filter_service.counters.layout import encoded, prefix
from filter_service.counters.redis_strikes import RedisStrikes
from service_kit.redis_client import StoreClient
from service_kit.scanning import scan_keys
from service_kit.scripts import Argument
from service_kit.store_errors import store_errors

_SENDER_AT = {"said": 1, "outcome": 1, "sent": 2, "strikes": 2, "shadow": 2}
"""Place of the sender in keys, by their kind: their first part. See layout.py."""
_STRIKES = {"strikes", "shadow"}


class _Key(NamedTuple):
    """A key of a corp."""

    name: str
    kind: str
    sender: str
    """Encoded; empty for keys that are nobody's."""

    @classmethod
    def read(cls, name: str, start: str) -> Self:
        parts = name.removeprefix(start).split(":")
        place = _SENDER_AT.get(parts[0])
        return cls(name, parts[0], "" if place is None else parts[place])


@dataclass(frozen=True, slots=True)
class Counted:
    """What there was of a sender."""

    message_logs: int = 0
    strikes: int = 0
    outcomes: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        """Returns both together."""
        return Counted(
            self.message_logs + other.message_logs,
            self.strikes + other.strikes,
            self.outcomes + other.outcomes,
        )


class RedisSenderKeys:
    """Finds and erases all counts of a sender; layout.py tells where everything is."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client
        self._strikes = RedisStrikes(client)

    async def forget(self, corp_id: str, external_userid: str, *, erase: bool) -> AsyncIterator[Counted]:
        """Erases what is counted of a sender, or only tells what there is, step by step.

        What is counted meanwhile may stay. The index of who has strikes comes last: whatever came into it goes.

        Raises:
            StoreUnavailable: no answer; what was erased is, and the next call does the rest.
        """
        async for keys in self._keys(corp_id, external_userid):
            counted = await self._count(keys)
            if erase and keys:
                await self._ask("UNLINK", *(key.name for key in keys))
            yield counted
        if erase:
            yield Counted(strikes=await self._strikes.clear(corp_id, "", external_userid))

    async def _count(self, keys: Sequence[_Key]) -> Counted:
        kinds = Counter(key.kind for key in keys)
        strikes = [await self._ask("ZCARD", key.name) for key in keys if key.kind in _STRIKES]
        return Counted(kinds["sent"] + kinds["said"], sum(strikes), kinds["outcome"])

    async def _keys(self, corp_id: str, external_userid: str) -> AsyncIterator[list[_Key]]:
        """Yields a sender's keys, those that one step finds; most find none."""
        start, sender = prefix(corp_id), encoded(external_userid)
        async for names in scan_keys(self._client, f"{start}struck", f"{start}*:{sender}*"):
            keys = [_Key.read(name, start) for name in names]
            yield [key for key in keys if key.sender == sender]

    async def _ask(self, *command: Argument) -> int:
        with store_errors():
            return int(await self._client.execute_command(*command))
