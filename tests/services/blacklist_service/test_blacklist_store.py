"""What every BlacklistStore promises, on a single server and on a cluster."""

import asyncio
import uuid
from typing import Any

import pytest

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
from service_kit.errors import LimitExceeded, RequestIdReused
from service_kit.keys import corp_key
from service_kit.redis_client import StoreClient, connect
from service_kit.store_errors import StoreUnavailable
from service_kit.writes import Write

ZHANG = Blacklist(ListKind.PERSONAL, "zhang")
LI = Blacklist(ListKind.PERSONAL, "li")
BY_HAND = Origin('卖假货, sells “fakes”: {"x"}', Source(), "crm")
BY_RULE = Origin("", Source(SourceKind.RULE, "019ab0c4d1e2f3a4b5c6d7e8"), "filter")
NOW = 1_764_000_000.123456
NASTY = [
    "a",
    "a:b",
    "b",
    "a:b:c",
    "{a}",
    "}",
    "{}",
    "%7B",
    "a%3Ab",
    "群",
    "enterprise",
    "0",
    "a b",
    "\u00e9",
    "e\u0301",
]


def write(corp_id: str = "ww1", request_id: str = "", fingerprint: str = "body") -> Write:
    return Write(corp_id, request_id or str(uuid.uuid4()), fingerprint)


def addition(blacklist: Blacklist, *ids: str, origin: Origin = BY_HAND, at: float = NOW) -> Addition:
    return Addition(blacklist, ids, origin, at)


async def listed(
    store: RedisBlacklistStore, blacklist: Blacklist, *ids: str, corp_id: str = "ww1"
) -> set[str]:
    found = await store.find(corp_id, [Query(id, blacklist.owner_userid) for id in ids])
    return {entry.external_userid for entries in found for entry in entries if entry.blacklist == blacklist}


@pytest.fixture
def store(client: StoreClient) -> RedisBlacklistStore:
    return RedisBlacklistStore(client)


@pytest.mark.parametrize("blacklist", [ENTERPRISE, ZHANG])
@pytest.mark.parametrize("origin", [BY_HAND, BY_RULE])
async def test_added_customer_is_found_with_all_that_was_said(
    store: RedisBlacklistStore, blacklist: Blacklist, origin: Origin
) -> None:
    """To the microsecond, on this list of this corp only."""
    added = await store.add(write(), addition(blacklist, "wm1", "wm2", origin=origin))
    assert added == Added((True, True), 2, 2_000_000 if blacklist is ENTERPRISE else 50_000)
    assert await store.find("ww1", [Query("wm2", "zhang")]) == [(Entry("wm2", blacklist, origin, NOW),)]
    assert await store.find("ww2", [Query("wm2", "zhang")]) == [()]
    assert await listed(store, LI, "wm2") == set()


async def test_adding_a_listed_customer_leaves_the_entry_as_it_was(store: RedisBlacklistStore) -> None:
    """And counts it once."""
    await store.add(write(), addition(ENTERPRISE, "wm1"))
    again = await store.add(write(), addition(ENTERPRISE, "wm0", "wm1", origin=BY_RULE, at=NOW + 60))
    assert (again.is_new, again.count) == ((True, False), 2)
    [[entry]] = await store.find("ww1", [Query("wm1")])
    assert (entry.origin, entry.added_at) == (BY_HAND, NOW)


async def test_look_ups_are_answered_in_order_enterprise_first(store: RedisBlacklistStore) -> None:
    """The same look-up twice is answered twice; without an owner only the enterprise list counts."""
    await store.add(write(), addition(ZHANG, "wm1", "wm2"))
    await store.add(write(), addition(ENTERPRISE, "wm1"))
    found = await store.find(
        "ww1",
        [
            Query("wm1", "zhang"),
            Query("none", "zhang"),
            Query("wm2", "zhang"),
            Query("wm2"),
            Query("wm1", "zhang"),
        ],
    )
    assert [[entry.blacklist for entry in entries] for entries in found] == [
        [ENTERPRISE, ZHANG],
        [],
        [ZHANG],
        [],
        [ENTERPRISE, ZHANG],
    ]
    assert await store.find("ww1", []) == []


async def test_removed_customer_is_off_the_list_at_once(store: RedisBlacklistStore) -> None:
    """Pitfall 24; other lists keep theirs, and a new entry is new in everything."""
    for blacklist in (ENTERPRISE, ZHANG):
        await store.add(write(), addition(blacklist, "wm1", "wm2"))
    assert await store.remove(write(), Removal(ZHANG, ("wm3", "wm1"))) == Removed((False, True), 1)
    assert await listed(store, ZHANG, "wm1", "wm2") == {"wm2"}
    assert await listed(store, ENTERPRISE, "wm1", "wm2") == {"wm1", "wm2"}
    added = await store.add(write(), addition(ZHANG, "wm1", origin=BY_RULE, at=NOW + 60))
    assert (added.is_new, added.count) == ((True,), 2)
    entry = (await store.find("ww1", [Query("wm1", "zhang")]))[0][1]
    assert (entry.origin, entry.added_at) == (BY_RULE, NOW + 60)


async def test_empty_lists_leave_nothing_behind(store: RedisBlacklistStore, client: StoreClient) -> None:
    """Texts that no entry needs any more are forgotten; answers stay, for an hour at most, and what followers read."""
    await store.add(write(), addition(ENTERPRISE, "wm1", "wm2"))
    await store.add(write(), addition(ZHANG, "wm1", origin=BY_RULE))
    await store.remove(write(), Removal(ENTERPRISE, ("wm1",)))
    await store.remove(write(), Removal(ENTERPRISE, ("wm2", "wm1")))
    await store.remove(write(), Removal(ZHANG, ("wm1",)))
    assert await store.remove(write(), Removal(ZHANG, ("wm1",))) == Removed((False,), 0)
    left = {key async for key in client.scan_iter("*")}
    assert left > {b"gg:blacklist:{ww1}:revision", b"gg:blacklist:{ww1}:tail"}
    left -= {b"gg:blacklist:{ww1}:revision", b"gg:blacklist:{ww1}:tail"}
    assert len(left) == 6
    assert all(b":request:" in key for key in left)
    assert all([0 < await client.ttl(key) <= 3600 for key in left])


async def test_list_takes_all_or_none_up_to_its_limit(client: StoreClient) -> None:
    """Only new customers count; a full list still answers for those who are on it."""
    store = RedisBlacklistStore(client, Limits(enterprise=4, personal=3))
    for blacklist, most in ((ENTERPRISE, 4), (ZHANG, 3)):
        ids = [f"wm{number}" for number in range(most)]
        await store.add(write(), addition(blacklist, *ids[:-1]))
        with pytest.raises(LimitExceeded) as refused:
            await store.add(write(), addition(blacklist, "new1", ids[0], "new2"))
        [limit] = refused.value.limits
        assert (limit.limit, limit.current, limit.asked) == (most, most - 1, 2)
        assert blacklist.kind.value in limit.what
        assert await listed(store, blacklist, "new1", "new2") == set()
        added = await store.add(write(), addition(blacklist, *ids))
        assert (sum(added.is_new), added.count, added.limit) == (1, most, most)
        assert (await store.add(write(), addition(blacklist, *ids))).count == most


async def test_list_beyond_its_limit_shrinks_but_does_not_grow(client: StoreClient) -> None:
    """As after a smaller limit was set."""
    await RedisBlacklistStore(client).add(write(), addition(ZHANG, "wm1", "wm2", "wm3"))
    store = RedisBlacklistStore(client, Limits(personal=1))
    assert (await store.add(write(), addition(ZHANG, "wm1"))).count == 3
    await store.remove(write(), Removal(ZHANG, ("wm1",)))
    with pytest.raises(LimitExceeded):
        await store.add(write(), addition(ZHANG, "wm1"))


@pytest.mark.parametrize("blacklist", [ENTERPRISE, ZHANG])
async def test_last_free_place_is_given_once(client: StoreClient, blacklist: Blacklist) -> None:
    """Pitfall 34: fifty callers at once, through two replicas of the service."""
    replicas = [RedisBlacklistStore(client, Limits(enterprise=10, personal=10)) for _ in range(2)]
    await replicas[0].add(write(), addition(blacklist, *(f"old{number}" for number in range(9))))
    ids = [f"new{number}" for number in range(50)]
    results = await asyncio.gather(
        *(replicas[number % 2].add(write(), addition(blacklist, id)) for number, id in enumerate(ids)),
        return_exceptions=True,
    )
    assert [result.count for result in results if isinstance(result, Added)] == [10]
    assert sum(isinstance(result, LimitExceeded) for result in results) == 49
    assert len(await listed(replicas[0], blacklist, *ids)) == 1


async def test_repeated_request_gets_the_first_answer(store: RedisBlacklistStore) -> None:
    """And does nothing, even where it would have something to do by now."""
    first, second = write(), write()
    added = await store.add(first, addition(ZHANG, "wm1", "wm2"))
    removed = await store.remove(second, Removal(ZHANG, ("wm1",)))
    assert await store.add(first, addition(ZHANG, "wm1", "wm2", at=NOW + 60)) == added
    assert await listed(store, ZHANG, "wm1", "wm2") == {"wm2"}
    await store.add(write(), addition(ZHANG, "wm1"))
    assert await store.remove(second, Removal(ZHANG, ("wm1",))) == removed
    assert await listed(store, ZHANG, "wm1", "wm2") == {"wm1", "wm2"}


async def test_request_id_is_good_for_one_body_only(store: RedisBlacklistStore) -> None:
    """Nothing is written; another corp's ids are its own."""
    await store.add(write("ww1", "id", "body"), addition(ENTERPRISE, "wm1"))
    with pytest.raises(RequestIdReused):
        await store.add(write("ww1", "id", "other"), addition(ENTERPRISE, "wm2"))
    with pytest.raises(RequestIdReused):
        await store.remove(write("ww1", "id", "other"), Removal(ENTERPRISE, ("wm1",)))
    assert await listed(store, ENTERPRISE, "wm1", "wm2") == {"wm1"}
    assert (await store.add(write("ww2", "id", "other"), addition(ENTERPRISE, "wm2"))).count == 1


async def test_refused_request_may_be_repeated(client: StoreClient) -> None:
    """A refusal is no answer to remember: once there is room the same call passes."""
    store = RedisBlacklistStore(client, Limits(personal=1))
    await store.add(write(), addition(ZHANG, "wm1"))
    repeated = write()
    with pytest.raises(LimitExceeded):
        await store.add(repeated, addition(ZHANG, "wm2"))
    await store.remove(write(), Removal(ZHANG, ("wm1",)))
    assert (await store.add(repeated, addition(ZHANG, "wm2"))).is_new == (True,)


async def test_same_request_at_the_same_time_happens_once(store: RedisBlacklistStore) -> None:
    """A caller's retry may overtake its first attempt."""
    once = write()
    answers = await asyncio.gather(*(store.add(once, addition(ZHANG, "wm1", "wm2")) for _ in range(10)))
    assert set(answers) == {Added((True, True), 2, 50_000)}


async def test_ids_never_meet(store: RedisBlacklistStore) -> None:
    """Pitfall 19: corps, members and customers whose ids hold separators, braces, or two forms of one letter."""
    for corp_id in NASTY:
        await store.add(write(corp_id), addition(ENTERPRISE, f"of corp {corp_id}"))
        for owner in NASTY:
            mine = Blacklist(ListKind.PERSONAL, owner)
            await store.add(write(corp_id), addition(mine, f"of {corp_id} and {owner}"[:64]))
    everybody = [f"of corp {corp_id}" for corp_id in NASTY]
    everybody += [f"of {corp_id} and {owner}"[:64] for corp_id in NASTY for owner in NASTY]
    for corp_id in NASTY:
        assert await listed(store, ENTERPRISE, *everybody, corp_id=corp_id) == {f"of corp {corp_id}"}
        for owner in NASTY:
            mine = Blacklist(ListKind.PERSONAL, owner)
            expected = {f"of {corp_id} and {owner}"[:64]}
            assert await listed(store, mine, *everybody, corp_id=corp_id) == expected
    for customer in NASTY:
        await store.add(write(), addition(LI, customer, origin=Origin(f"is {customer}", Source(), "")))
    found = await store.find("ww1", [Query(customer, "li") for customer in NASTY])
    assert [[entry.origin.reason for entry in entries] for entries in found] == [[f"is {id}"] for id in NASTY]


async def test_thousand_customers_are_one_script_call(
    store: RedisBlacklistStore, client: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For adding, finding and removing; a call is atomic, and costs one round trip."""
    sent: list[Any] = []
    execute: Any = client.execute_command
    ids = tuple(f"wm{number}" for number in range(1000))

    async def record(*args: Any, **options: Any) -> Any:
        sent.append(args[0])
        return await execute(*args, **options)

    async def each() -> None:
        assert sum((await store.add(write(), addition(ZHANG, *ids))).is_new) == 1000
        assert len(await listed(store, ZHANG, *ids)) == 1000
        assert await store.remove(write(), Removal(ZHANG, ids)) == Removed((True,) * 1000, 0)

    await each()  # now the server knows the scripts
    monkeypatch.setattr(client, "execute_command", record)
    await each()
    assert sent == ["EVALSHA"] * 3


async def test_enterprise_list_holds_exactly_two_million(single_client: StoreClient) -> None:
    """The real limit, on a list whose count says that it is one short of it."""
    store = RedisBlacklistStore(single_client)
    await store.add(write(), addition(ENTERPRISE, "first"))
    commands: Any = single_client  # redis-py types every answer as a union over all of its modes
    [field] = await commands.hkeys("gg:blacklist:{ww1}:counts")
    await commands.hset("gg:blacklist:{ww1}:counts", field, 1_999_999)
    assert (await store.add(write(), addition(ENTERPRISE, "last"))).count == 2_000_000
    with pytest.raises(LimitExceeded) as refused:
        await store.add(write(), addition(ENTERPRISE, "one more"))
    [limit] = refused.value.limits
    assert (limit.limit, limit.current, limit.asked) == (2_000_000, 2_000_000, 1)


async def test_personal_list_holds_exactly_fifty_thousand(single_client: StoreClient) -> None:
    """The real limit, with the longest ids, names and reasons; every bucket stays in its compact form."""
    store = RedisBlacklistStore(single_client)
    origin = Origin("骚" * 200, Source(SourceKind.RULE, "r" * 64), "n" * 64)
    for start in range(0, 50_000, 1_000):
        ids = [f"wm{number:062d}" for number in range(start, start + 1_000)]
        added = await store.add(write(), addition(ZHANG, *ids, origin=origin))
    assert (added.count, added.limit) == (50_000, 50_000)
    with pytest.raises(LimitExceeded) as refused:
        await store.add(write(), addition(ZHANG, "one more", origin=origin))
    [limit] = refused.value.limits
    assert (limit.limit, limit.current, limit.asked) == (50_000, 50_000, 1)
    assert (await store.add(write(), addition(LI, "one more"))).count == 1

    commands: Any = single_client  # redis-py types every answer as a union over all of its modes
    buckets = [key async for key in commands.scan_iter("gg:blacklist:{ww1}:personal:zhang:*", count=1000)]
    assert sum([await commands.hlen(key) for key in buckets]) == 50_000
    assert {await commands.object("ENCODING", key) for key in buckets} == {b"listpack"}

    assert (await store.remove(write(), Removal(ZHANG, (ids[0],)))).count == 49_999
    assert (await store.add(write(), addition(ZHANG, "one more"))).count == 50_000


async def test_calls_outlast_the_move_of_their_slot(cluster_url: str) -> None:
    """While a corp's keys are on two nodes nothing is half done; once they are on one again the same call passes.

    A key that a script touches without declaring it would look empty on the new node.
    """
    client: Any = connect(cluster_url)
    await client.initialize()
    corp_id = f"moving {uuid.uuid4()}"
    store = RedisBlacklistStore(client, Limits(personal=3))
    await store.add(write(corp_id), addition(ZHANG, "wm1", "wm2"))
    counts = corp_key("blacklist", corp_id, "counts")
    slot, source = client.keyslot(counts), client.get_node_from_key(counts)
    target = next(node for node in client.get_primaries() if node.name != source.name)
    ids = {node.name: (await node.execute_command("CLUSTER MYID")).decode() for node in (source, target)}
    keys = await source.execute_command("CLUSTER GETKEYSINSLOT", slot, 100)

    async def migrate(moved: list[bytes]) -> None:
        await source.execute_command("MIGRATE", target.host, target.port, "", 0, 5000, "KEYS", *moved)

    await target.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[source.name])
    await source.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[target.name])
    await migrate([counts.encode()])
    repeated = write(corp_id)
    with pytest.raises(StoreUnavailable):
        await store.add(repeated, addition(ZHANG, "wm3"))
    with pytest.raises(StoreUnavailable):
        await store.remove(write(corp_id), Removal(ZHANG, ("wm1",)))
    await migrate([key for key in keys if key != counts.encode()])
    for node in (target, source):
        await node.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[target.name])
    assert await store.add(repeated, addition(ZHANG, "wm3")) == Added((True,), 3, 3)
    assert await listed(store, ZHANG, "wm1", "wm2", "wm3", corp_id=corp_id) == {"wm1", "wm2", "wm3"}
    with pytest.raises(LimitExceeded):
        await store.add(write(corp_id), addition(ZHANG, "wm4"))
    await client.aclose()
