"""Strikes: how often a sender hit a KICK_AFTER_WARNINGS rule within 24 hours, kept in the ephemeral store."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from service_kit.keys import corp_key
from service_kit.redis_client import StoreClient
from service_kit.scripts import Argument, Scripts

WINDOW_SECONDS = 24 * 3600
"""A strike counts for this long, by the time its message was sent."""
REMEMBER_SECONDS = 24 * 3600
"""How long the outcome of a message_id is known."""
_PER_CALL = 200
"""Messages judged by one script call: the store serves nobody else meanwhile."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A message that hit rules which count, or that kicks and so ends the count."""

    chat_id: str
    external_userid: str
    message_id: str
    sent_at: float
    """Seconds since 1970."""
    rules: tuple[tuple[str, int], ...]
    """(rule_id, warnings before the kick) of each rule that counts this hit."""
    kicks: bool
    """Whether the sender is kicked whatever the count."""


class Strikes(Protocol):
    """Counts strikes."""

    async def count(self, corp_id: str, strikes: Sequence[Strike]) -> list[dict[str, bool]]:
        """Adds each strike and tells, by rule_id, whether it was one too many.

        A kick clears the sender's strikes in the group. A message_id that was counted before is not counted again:
        it gets the first answer.

        Raises:
            StoreUnavailable: nothing is known; some may have been counted.
        """


class RedisStrikes:
    """See `Strikes`.

    gg:filter:{corp}:strikes:<chat_id>:<external_userid>      zset  `<rule_id> <unique>`, by time in ms
    gg:filter:{corp}:outcome:<external_userid>:<message_id>   string  JSON of rule_id → struck out; for a day. A retry
        may be judged by other rules than the first call: those that are missing in it were not counted.
    """

    def __init__(self, client: StoreClient) -> None:
        self._scripts = Scripts(client, "filter_service")

    async def count(self, corp_id: str, strikes: Sequence[Strike]) -> list[dict[str, bool]]:
        outcomes: list[dict[str, bool]] = []
        for start in range(0, len(strikes), _PER_CALL):
            outcomes += await self._count(corp_id, strikes[start : start + _PER_CALL])
        return outcomes

    async def _count(self, corp_id: str, strikes: Sequence[Strike]) -> list[dict[str, bool]]:
        keys: list[str] = []
        items = []
        for strike in strikes:
            # Without a message_id the outcome is remembered under a name that nobody asks for again.
            unique = strike.message_id or uuid.uuid4().hex
            keys.append(corp_key("filter", corp_id, "strikes", strike.chat_id, strike.external_userid))
            keys.append(corp_key("filter", corp_id, "outcome", strike.external_userid, unique))
            items.append(
                {
                    "ms": round(strike.sent_at * 1000),
                    "unique": unique,
                    "kicks": strike.kicks,
                    "remember": bool(strike.message_id),
                    "rules": strike.rules,
                }
            )
        arguments: list[Argument] = [msgspec.json.encode(items), WINDOW_SECONDS * 1000, REMEMBER_SECONDS]
        answer = await self._scripts.run("count_strikes", keys, arguments)
        return [
            {rule_id: outcome.get(rule_id, False) for rule_id, _ in strike.rules}
            for strike, outcome in zip(strikes, msgspec.json.decode(answer), strict=True)
        ]
