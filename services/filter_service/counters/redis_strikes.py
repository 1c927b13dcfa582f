"""Strikes in the ephemeral store, to be seen and cleared; counting them is the counters' work."""

from collections.abc import Sequence
from typing import NamedTuple, Self
from urllib.parse import unquote

from filter_service.counters.layout import encoded, prefix
from filter_service.counters.store import PersonStrikes, StrikesPage
from filter_service.domain.counting import DAY_MS
from service_kit.redis_client import StoreClient
from service_kit.scripts import Argument, Scripts

_AT_ONCE = 200
"""Customers in groups that one script call looks at, or clears."""


class _Person(NamedTuple):
    """A customer in a group, both ids encoded."""

    chat: str
    sender: str

    @classmethod
    def named(cls, name: str) -> Self:
        """Reads a name of the index."""
        kind, first, second = name.split(":")
        return cls(first, second) if kind == "c" else cls(second, first)

    def keys(self, start: str) -> tuple[str, str]:
        return f"{start}strikes:{self.chat}:{self.sender}", f"{start}shadow:{self.chat}:{self.sender}"


class RedisStrikes:
    """See `Strikes`; layout.py tells where everything is."""

    def __init__(self, client: StoreClient) -> None:
        self._scripts = Scripts(client, "filter_service")

    async def list_page(
        self, corp_id: str, chat_id: str, external_userid: str, now_ms: int, after: str, size: int
    ) -> StrikesPage:
        people, last = await self._people(corp_id, chat_id, external_userid, after, size)
        strikes: list[PersonStrikes] = []
        for start in range(0, len(people), _AT_ONCE):
            part = people[start : start + _AT_ONCE]
            keys = [key for person in part for key in person.keys(prefix(corp_id))]
            told = await self._scripts.run("read_strikes", keys, [now_ms - DAY_MS])
            for index, person in enumerate(part):
                for shadow in (False, True):
                    strikes += _summed(person, told[2 * index + shadow], shadow)
        return StrikesPage(strikes, last)

    async def clear(self, corp_id: str, chat_id: str, external_userid: str) -> int:
        start = prefix(corp_id)
        cleared, last = 0, ""
        while True:
            people, last = await self._people(corp_id, chat_id, external_userid, last, _AT_ONCE)
            if people:
                keys = [f"{start}struck", f"{start}struck_by"]
                keys += [key for person in people for key in person.keys(start)]
                names = [name for chat, sender in people for name in (f"{chat}:{sender}", f"{sender}:{chat}")]
                cleared += await self._scripts.run("clear_strikes", keys, names)
            if not last:
                return cleared

    async def _people(
        self, corp_id: str, chat_id: str, external_userid: str, after: str, size: int
    ) -> tuple[list[_Person], str]:
        """Returns who may have strikes, and the last one's name if there are more."""
        if chat_id and external_userid:
            return [_Person(encoded(chat_id), encoded(external_userid))], ""
        start = "c:"
        if chat_id:
            start = f"c:{encoded(chat_id)}:"
        elif external_userid:
            start = f"s:{encoded(external_userid)}:"
        bounds: list[Argument] = [f"({after}" if after else f"[{start}", f"({start}\x7f", size + 1]
        found = await self._scripts.run("list_struck", [f"{prefix(corp_id)}struck_by"], bounds)
        names = [name.decode() for name in found]
        more = len(names) > size
        return [_Person.named(name) for name in names[:size]], names[size - 1] if more else ""


def _summed(person: _Person, told: Sequence[bytes], shadow: bool) -> list[PersonStrikes]:
    """Sums up members and times, by rule."""
    times: dict[str, list[int]] = {}
    for member, at in zip(told[::2], told[1::2], strict=True):
        rule_id = member.decode().partition(" ")[0]
        times.setdefault(rule_id, []).append(round(float(at)))
    chat_id, external_userid = map(unquote, person)
    return [
        PersonStrikes(chat_id, external_userid, rule_id, len(at), max(at), shadow)
        for rule_id, at in sorted(times.items())
    ]
