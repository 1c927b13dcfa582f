"""Lua scripts: one call per operation, on a single server and on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import ResponseError

from service_kit.embedded import EmbeddedStore, socket_in
from service_kit.keys import corp_key
from service_kit.redis_client import StoreClient, connect
from service_kit.scripts import Scripts
from service_kit.store_errors import ScriptRefused, StoreUnavailable
from support.cutting_proxy import cutting_proxy

SAMPLES = "support.sample_scripts"


def keys(corp: str) -> list[str]:
    return [corp_key("test", corp, "counter"), corp_key("test", corp, "seen")]


@pytest.fixture
async def client(store_url: str) -> AsyncIterator[StoreClient]:
    client = connect(store_url)
    yield client
    await client.aclose()


async def test_script_runs_where_its_corp_lives(client: StoreClient) -> None:
    """Many corps, so on every node of the cluster."""
    scripts = Scripts(client, SAMPLES)
    totals = [await scripts.run("add_once", keys(f"ww{n}"), ["request", n]) for n in range(30)]
    assert totals == list(range(30))


async def test_script_survives_a_flush_of_the_servers_cache(client: StoreClient) -> None:
    """A restarted or promoted server knows no script."""
    scripts = Scripts(client, SAMPLES)
    assert await scripts.run("add_once", keys("ww1"), ["a", 1]) == 1
    assert await client.script_flush()
    assert await scripts.run("add_once", keys("ww1"), ["b", 1]) == 2


async def test_text_is_sent_once_only(client: StoreClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every later call carries the hash."""
    sent: list[Any] = []
    execute = client.execute_command

    async def record(*args: Any, **options: Any) -> Any:
        sent.append(args[0])
        return await execute(*args, **options)

    monkeypatch.setattr(client, "execute_command", record)
    scripts = Scripts(client, SAMPLES)
    for request in "abc":
        await scripts.run("add_once", keys("ww1"), [request, 1])
    assert sent == ["EVALSHA", "EVAL", "EVALSHA", "EVALSHA"]


async def test_refusal_comes_with_its_code_and_details(client: StoreClient) -> None:
    """And with text that spans lines, through shared functions of two files."""
    with pytest.raises(ScriptRefused) as refused:
        await Scripts(client, SAMPLES).run("refuse", keys("ww1"), [1200])
    assert refused.value.code == "LIMIT"
    assert refused.value.details == {"limit": 1000, "asked": 1200, "note": "two\nlines"}


@pytest.mark.parametrize(
    ("name", "code", "details"), [("refuse_plainly", "GONE", {}), ("refuse_by_error", "RAISED", {"limit": 3})]
)
async def test_refusal_may_be_bare_or_raised(
    client: StoreClient, name: str, code: str, details: dict[str, Any]
) -> None:
    """The server adds its own words to such errors."""
    with pytest.raises(ScriptRefused) as refused:
        await Scripts(client, SAMPLES).run(name, keys("ww1"))
    assert (refused.value.code, refused.value.details) == (code, details)


async def test_mistake_in_a_script_is_not_taken_for_an_outage(client: StoreClient) -> None:
    """Our own bug is not UNAVAILABLE: nobody should retry it."""
    with pytest.raises(ResponseError, match="arithmetic"):
        await Scripts(client, SAMPLES).run("broken", keys("ww1"), retry_once=True)
    assert await client.get(keys("ww1")[0]) == b"1"


async def test_unknown_script_and_missing_keys_are_refused(client: StoreClient) -> None:
    """Shared files are no scripts; without a key a cluster would choose any node."""
    scripts = Scripts(client, SAMPLES)
    with pytest.raises(LookupError, match="'nothing', only add_once, broken"):
        await scripts.run("nothing", keys("ww1"))
    with pytest.raises(LookupError):
        await scripts.run("_10_refuse", keys("ww1"))
    with pytest.raises(ValueError, match="at least one key"):
        await scripts.run("refuse", [])
    with pytest.raises(LookupError, match="support has no lua"):
        Scripts(client, "support")


async def test_lost_answer_is_repeated_once_when_allowed(
    session_store: EmbeddedStore, valkey_url: str, folder: Path
) -> None:
    """The script had run: it runs again and, knowing the request, adds nothing. Two lost answers are an outage."""
    async with cutting_proxy(socket_in(session_store.folder / "durable"), folder) as proxy:
        client = connect(proxy.url)
        scripts = Scripts(client, SAMPLES)
        assert await scripts.run("add_once", keys("ww1"), ["a", 1]) == 1
        proxy.cuts = 1
        assert await scripts.run("add_once", keys("ww1"), ["b", 1], retry_once=True) == 2
        proxy.cuts = 1
        with pytest.raises(StoreUnavailable, match="can't be reached"):
            await scripts.run("add_once", keys("ww1"), ["c", 1])
        await client.ping()  # connected again: the next attempt reaches the server
        proxy.cuts = 9
        with pytest.raises(StoreUnavailable):
            await scripts.run("add_once", keys("ww1"), ["d", 1], retry_once=True)
        # One cut for each of two attempts; the second lost the handshake of its new connection.
        assert proxy.cuts == 7
        proxy.cuts = 0
        assert await client.get(keys("ww1")[0]) == b"4"
        await client.aclose()


async def test_script_outlasts_the_move_of_its_slot(cluster_url: str) -> None:
    """While its two keys are on different nodes the server says TRYAGAIN; once the move is done the script passes."""
    client = connect(cluster_url)
    assert isinstance(client, RedisCluster)
    await client.initialize()
    corp = keys("moving")
    slot = client.keyslot(corp[0])
    scripts = Scripts(client, SAMPLES)
    assert await scripts.run("add_once", corp, ["before", 1]) == 1
    source = client.get_node_from_key(corp[0])
    assert source is not None
    target = next(node for node in client.get_primaries() if node.name != source.name)
    ids = {node.name: (await node.execute_command("CLUSTER MYID")).decode() for node in (source, target)}

    async def migrate(key: str) -> None:
        await source.execute_command("MIGRATE", target.host, target.port, key, 0, 5000)

    await target.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[source.name])
    await source.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[target.name])
    await migrate(corp[0])
    with pytest.raises(StoreUnavailable, match="cluster is changing"):
        await scripts.run("add_once", corp, ["during", 1])

    async def finish() -> None:
        await asyncio.sleep(0.6)
        await migrate(corp[1])
        for node in (target, source):
            await node.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[target.name])

    moving = asyncio.create_task(finish())
    assert await scripts.run("add_once", corp, ["during", 1], retry_once=True) == 2
    await moving
    assert await scripts.run("add_once", corp, ["after", 1]) == 3
    await client.aclose()
