"""One factory for every kind of store, against real ones."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from service_kit.embedded import EmbeddedStore, socket_in
from service_kit.keys import corp_key
from service_kit.redis_client import StoreClient, connect
from service_kit.scripts import Scripts
from service_kit.store_errors import StoreUnavailable, store_errors
from support.cutting_proxy import cutting_proxy
from support.sentinel import sentinel_setup
from support.tls import tls_proxy
from support.valkey import free_ports


@contextlib.asynccontextmanager
async def client_of(url: str, *, patience: float = 2.0) -> AsyncIterator[StoreClient]:
    client = connect(url, timeout=patience)
    try:
        yield client
    finally:
        await client.aclose()


async def test_answers_are_bytes_on_every_store(store_url: str) -> None:
    """No decoding: ids are ours to decode, blobs are not text."""
    async with client_of(store_url) as client:
        for corp in ("ww1", "ww2", "ww3", "ww4"):
            await client.set(corp_key("test", corp), corp)
            assert await client.get(corp_key("test", corp)) == corp.encode()


async def test_database_of_the_url_is_used(valkey_url: str) -> None:
    """Databases of one server are apart."""
    async with client_of(f"{valkey_url}?db=3") as three, client_of(valkey_url) as zero:
        await three.set("key", "3")
        assert await zero.get("key") is None


async def test_burst_waits_for_a_free_connection(valkey_url: str) -> None:
    """More callers than connections: they stand in line and nobody fails."""
    database = "5"  # of nobody else, for connections of other tests may still be open
    async with client_of(f"{valkey_url}?db={database}&max_connections=2") as client:
        await asyncio.gather(*(client.incr("counter") for _ in range(200)))
        assert await client.get("counter") == b"200"
        assert [it["db"] for it in await client.client_list()].count(database) == 2


async def test_first_commands_may_come_in_a_burst(store_url: str) -> None:
    """Thirty commands on a client that has never connected: none is cut off while a cluster's layout is read."""
    for _ in range(3):
        async with client_of(store_url) as client:
            key = corp_key("test", "ww1", "burst")
            counts = await asyncio.gather(*(client.execute_command("INCR", key) for _ in range(30)))
            assert len(set(counts)) == 30


async def test_silent_server_is_given_up_after_the_timeout() -> None:
    """A connection that is accepted and never answered does not hang the caller."""

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await enough.wait()
        writer.close()

    enough = asyncio.Event()
    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    started = time.monotonic()
    async with client_of(f"redis://127.0.0.1:{port}", patience=0.2) as client:
        with pytest.raises(StoreUnavailable, match="in time"), store_errors():
            await client.ping()
    assert time.monotonic() - started < 5
    enough.set()
    server.close()
    await server.wait_closed()


async def test_driver_never_repeats_a_command(
    session_store: EmbeddedStore, valkey_url: str, folder: Path
) -> None:
    """redis-py would run a counting command up to eleven times when answers get lost."""
    async with (
        cutting_proxy(Path(session_store.folder) / "durable" / "s.sock", folder) as proxy,
        client_of(proxy.url) as client,
    ):
        await client.ping()
        proxy.cuts = 5
        with pytest.raises(RedisError):
            await client.incr("counter")
        assert proxy.cuts == 4
        proxy.cuts = 0
        assert await client.get("counter") == b"1"


async def test_client_follows_sentinel_to_the_new_primary() -> None:
    """The primary is killed: the same client writes again as soon as the replica is promoted, with the data kept."""
    with sentinel_setup() as setup:
        async with client_of(setup.url, patience=1.0) as client:
            scripts = Scripts(client, "support.sample_scripts")
            keys = [corp_key("test", "ww1", "counter"), corp_key("test", "ww1", "seen")]
            assert await scripts.run("add_once", keys, ["first", 1]) == 1
            assert await client.wait(1, 2000) == 1
            assert setup.primary.pid is not None
            os.kill(setup.primary.pid, signal.SIGKILL)
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                try:
                    total = await scripts.run("add_once", keys, ["second", 1], retry_once=True)
                    break
                except StoreUnavailable:
                    await asyncio.sleep(0.1)
            assert total == 2


async def test_burst_through_sentinel_waits_for_a_free_connection() -> None:
    """The pool behind Sentinel is bounded as the plain one is."""
    with sentinel_setup() as setup:
        async with client_of(f"{setup.url}?max_connections=2") as client:
            await asyncio.gather(*(client.incr("counter") for _ in range(100)))
            assert await client.get("counter") == b"100"


async def test_unknown_sentinel_service_is_unavailable() -> None:
    """As is a Sentinel that is not there."""
    (port,) = free_ports(1)
    async with client_of(f"redis+sentinel://127.0.0.1:{port}/main") as client:
        with pytest.raises(StoreUnavailable, match="can't be reached"), store_errors():
            await client.ping()


async def test_unreachable_cluster_is_unavailable() -> None:
    """None of its nodes answers."""
    (port,) = free_ports(1)
    async with client_of(f"redis+cluster://127.0.0.1:{port}") as client:
        with pytest.raises(StoreUnavailable), store_errors():
            await client.set("key", 1)


async def test_tls_with_the_right_authority_works(session_store: EmbeddedStore, folder: Path) -> None:
    """The certificate and the host's name are checked."""
    async with (
        tls_proxy(socket_in(session_store.folder / "durable"), folder) as proxy,
        client_of(f"rediss://127.0.0.1:{proxy.port}?ssl_ca_certs={proxy.ca_file}") as client,
    ):
        assert await client.ping()


@pytest.mark.parametrize(
    ("certificate_for", "options", "works"),
    [
        ("127.0.0.1", "", False),
        ("127.0.0.1", "ssl_cert_reqs=none", True),
        ("elsewhere.example", "ssl_ca_certs={ca}", False),
        ("elsewhere.example", "ssl_ca_certs={ca}&ssl_check_hostname=false", True),
    ],
)
async def test_tls_checks_what_the_options_ask_for(
    session_store: EmbeddedStore, folder: Path, certificate_for: str, options: str, works: bool
) -> None:
    """An unknown authority or another host's certificate is refused unless told otherwise."""
    socket = socket_in(session_store.folder / "durable")
    async with (
        tls_proxy(socket, folder, host=certificate_for) as proxy,
        client_of(f"rediss://127.0.0.1:{proxy.port}?{options.format(ca=proxy.ca_file)}") as client,
    ):
        if works:
            assert await client.ping()
        else:
            with pytest.raises(StoreUnavailable, match="can't be reached"), store_errors():
                await client.ping()


async def test_missing_authority_file_is_refused_at_once() -> None:
    """Not at the first command."""
    with pytest.raises(ValueError, match=r"ssl_ca_certs names /none\.pem"):
        connect("rediss://:s3cr3t@host?ssl_ca_certs=/none.pem")
