"""Whatever is added and removed, the store says what a dict would say."""

import asyncio
import itertools
import uuid
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blacklist_service.domain.entry import (
    ENTERPRISE,
    Addition,
    Blacklist,
    Entry,
    ListKind,
    Origin,
    Query,
    Removal,
    Source,
    SourceKind,
)
from blacklist_service.domain.limits import Limits
from blacklist_service.redis_store import RedisBlacklistStore
from blacklist_service.store import Added, Removed
from service_kit.errors import LimitExceeded
from service_kit.redis_client import StoreClient, connect
from service_kit.writes import Write

CUSTOMERS = ["wm1", "wm2", "a:b", "{}", "群", "%", "wm1 "]
LISTS = [ENTERPRISE, Blacklist(ListKind.PERSONAL, "zhang"), Blacklist(ListKind.PERSONAL, "zhang:1")]
ORIGINS = [
    Origin("", Source(), ""),
    Origin("rude", Source(), "crm"),
    Origin("rude", Source(SourceKind.RULE, "r"), ""),
]
LIMITS = Limits(enterprise=5, personal=4)

_customers = st.lists(st.sampled_from(CUSTOMERS), min_size=1, unique=True).map(tuple)
_steps = st.lists(
    st.builds(Addition, st.sampled_from(LISTS), _customers, st.sampled_from(ORIGINS), st.integers(0, 2**31))
    | st.builds(Removal, st.sampled_from(LISTS), _customers),
    max_size=20,
)
_corps = (f"corp {number}" for number in itertools.count())


def test_store_says_what_a_dict_says(store_url: str) -> None:
    """Outcomes, counts, refusals and entries after every step; the count is the number of stored entries."""
    with asyncio.Runner() as runner:
        client = connect(store_url)

        @settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
        @given(_steps)
        def compare(steps: list[Addition | Removal]) -> None:
            runner.run(_compare(client, next(_corps), steps))

        compare()
        runner.run(client.aclose())


async def _compare(client: StoreClient, corp_id: str, steps: list[Addition | Removal]) -> None:
    store = RedisBlacklistStore(client, LIMITS)
    model: dict[Blacklist, dict[str, Entry]] = defaultdict(dict)
    for step in steps:
        entries = model[step.blacklist]
        write = Write(corp_id, str(uuid.uuid4()), "")
        if isinstance(step, Removal):
            assert await store.remove(write, step) == _removed(entries, step)
        elif (expected := _added(entries, step)) is None:
            with pytest.raises(LimitExceeded) as refused:
                await store.add(write, step)
            assert refused.value.limits[0].current == len(entries)
        else:
            assert await store.add(write, step) == expected
        queries = [Query(id, blacklist.owner_userid) for blacklist in LISTS for id in CUSTOMERS]
        assert await store.find(corp_id, queries) == [_found(model, query) for query in queries]
    await _check_counts(client, corp_id, model)


def _added(entries: dict[str, Entry], step: Addition) -> Added | None:
    """Changes the model as the step should; returns None, changing nothing, where it should be refused."""
    most = LIMITS.of(step.blacklist.kind)
    is_new = tuple(id not in entries for id in step.external_userids)
    if len(entries) + sum(is_new) > most:
        return None
    for id in step.external_userids:
        entries.setdefault(id, Entry(id, step.blacklist, step.origin, step.added_at))
    return Added(is_new, len(entries), most)


def _removed(entries: dict[str, Entry], step: Removal) -> Removed:
    was_listed = tuple(entries.pop(id, None) is not None for id in step.external_userids)
    return Removed(was_listed, len(entries))


def _found(model: dict[Blacklist, dict[str, Entry]], query: Query) -> tuple[Entry, ...]:
    lists = [ENTERPRISE]
    if query.owner_userid:
        lists.append(Blacklist(ListKind.PERSONAL, query.owner_userid))
    return tuple(
        model[blacklist][query.external_userid]
        for blacklist in lists
        if query.external_userid in model[blacklist]
    )


async def _check_counts(client: StoreClient, corp_id: str, model: dict[Blacklist, dict[str, Entry]]) -> None:
    head = f"gg:blacklist:{{{corp_id.replace(' ', '%20')}}}"
    commands: Any = client  # redis-py types every answer as a union over all of its modes
    counts = {name.decode(): int(count) for name, count in (await commands.hgetall(f"{head}:counts")).items()}
    names = dict(zip(LISTS, ["enterprise", "personal:zhang", "personal:zhang:1"], strict=True))
    assert counts == {names[blacklist]: len(entries) for blacklist, entries in model.items() if entries}

    stored = 0
    for kind in ("enterprise", "personal"):
        async for key in commands.scan_iter(f"{head}:{kind}:*", count=1000):
            stored += await commands.hlen(key)
    assert stored == sum(counts.values())

    origins = {entry.origin for entries in model.values() for entry in entries.values()}
    uses = await commands.hvals(f"{head}:origin-uses")
    assert sum(map(int, uses)) == stored
    assert await commands.hlen(f"{head}:origins") == len(uses) == len(origins)
