"""Reading the lists of exempt customers from Redis or Valkey, with plain commands."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from rule_service.redis_store.keys import RuleKeys
from rule_service.store import ExemptionChange
from service_kit.store_errors import store_errors

_NAMES = 100
"""Lists to look up in one command."""
_MOST_READ = 10_000
"""Customers to read in one command, or one list if it holds more: some ms of the store's time."""

Place = tuple[str, str]
"""owner_userid of a list and external_userid of a customer on it; sorted like this they are in order."""


async def groups_of_lists(
    client: Any, keys: RuleKeys, lists: Sequence[str] | None, first: str
) -> AsyncIterator[list[str]]:
    """Yields owner_userids in order, from `first` on, in groups that can be read at once.

    Args:
        client: of the store.
        keys: the corp's.
        lists: owner_userids to choose from; None for all lists there are.
        first: where to begin.
    """
    async for names in _names(client, keys, lists, first):
        with store_errors():
            pipeline = client.pipeline(transaction=False)
            for name in names:
                pipeline.hlen(keys.exempt(name))
            sizes = await pipeline.execute()
        group: list[str] = []
        total = 0
        for name, size in zip(names, sizes, strict=True):
            if group and total + size > _MOST_READ:
                yield group
                group, total = [], 0
            group.append(name)
            total += size
        yield group


async def places(client: Any, keys: RuleKeys, names: Sequence[str]) -> list[Place]:
    """Returns everybody on some lists, in order."""
    with store_errors():
        pipeline = client.pipeline(transaction=False)
        for name in names:
            pipeline.hkeys(keys.exempt(name))
        found = await pipeline.execute()
    return [
        (name, customer)
        for name, ids in zip(names, found, strict=True)
        for customer in sorted(id.decode() for id in ids)
    ]


async def read_exemptions(client: Any, keys: RuleKeys, size: int) -> AsyncIterator[list[ExemptionChange]]:
    """Yields everybody on all lists, as changes of at most `size` customers."""
    async for names in groups_of_lists(client, keys, None, ""):
        customers: dict[str, list[str]] = {}
        for name, customer in await places(client, keys, names):
            customers.setdefault(name, []).append(customer)
        for name, ids in customers.items():
            for start in range(0, len(ids), size):
                yield [ExemptionChange(name, added=tuple(ids[start : start + size]))]


async def _names(
    client: Any, keys: RuleKeys, lists: Sequence[str] | None, first: str
) -> AsyncIterator[list[str]]:
    if lists is not None:
        if chosen := sorted(name for name in lists if name >= first):
            yield chosen
        return
    start = f"[{first}"
    while True:
        with store_errors():
            found = await client.zrange(keys.exempt_lists, start, "+", bylex=True, offset=0, num=_NAMES)
        if not found:
            return
        names = [name.decode() for name in found]
        yield names
        start = f"({names[-1]}"
