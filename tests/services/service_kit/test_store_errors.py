"""Outages, refusals and mistakes are told apart, and no text shows where the store is or how to enter it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvloop
from redis.exceptions import ResponseError

from service_kit.keys import corp_key
from service_kit.redis_client import StoreClient, connect
from service_kit.scripts import Scripts
from service_kit.store_errors import StoreFull, StoreUnavailable, store_errors
from support.valkey import LOOPBACK, free_ports, tcp_server

KEY = corp_key("test", "ww1")


@pytest.fixture
async def client(ephemeral_url: str) -> AsyncIterator[StoreClient]:
    client = connect(ephemeral_url)
    yield client
    await client.aclose()


async def test_full_store_has_its_own_error(client: StoreClient) -> None:
    """For plain writes and inside scripts; reads go on."""
    await client.set(KEY, "value")
    await client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreFull), store_errors():
            await client.set(KEY, "other")
        with pytest.raises(StoreFull):
            await Scripts(client, "support.sample_scripts").run("write", [KEY], ["other"])
        with store_errors():
            assert await client.get(KEY) == b"value"
    finally:
        await client.config_set("maxmemory", "0")


async def test_replica_is_unavailable_for_writes() -> None:
    """As after a failover that the client has not noticed."""
    port, dead = free_ports(2)
    with tcp_server(port, (("replicaof", "127.0.0.1", str(dead)),)):
        client = connect(f"redis://127.0.0.1:{port}")
        with pytest.raises(StoreUnavailable, match="read-only replica"), store_errors():
            await client.set(KEY, "value")
        with pytest.raises(StoreUnavailable, match="read-only replica"):
            await Scripts(client, "support.sample_scripts").run("write", [KEY], ["value"])
        await client.aclose()


async def test_store_without_enough_replicas_is_unavailable(client: StoreClient) -> None:
    """An error code that the driver has no class for."""
    await client.config_set("min-replicas-to-write", "1")
    try:
        with pytest.raises(StoreUnavailable, match="too few replicas"), store_errors():
            await client.set(KEY, "value")
    finally:
        await client.config_set("min-replicas-to-write", "0")


async def test_neither_address_nor_password_is_shown() -> None:
    """Not when nobody listens, and not when the password is wrong."""
    open_port, closed_port = free_ports(2)
    with tcp_server(open_port):
        admin = connect(f"redis://127.0.0.1:{open_port}")
        await admin.config_set("requirepass", "another")
        await admin.aclose()
        for port, text in ((closed_port, "can't be reached"), (open_port, "refuses our credentials")):
            client = connect(f"redis://somebody:s3cr3t@127.0.0.1:{port}")
            with pytest.raises(StoreUnavailable, match=text) as unavailable, store_errors():
                await client.ping()
            shown = f"{unavailable.value!r} {unavailable.value.__cause__!r} {unavailable.value.__cause__}"
            assert "s3cr3t" not in shown
            assert "somebody" not in shown
            assert str(port) not in str(unavailable.value)
            await client.aclose()


async def test_forbidden_command_is_unavailable(ephemeral_url: str) -> None:
    """A user of the server who may not do what we need."""
    admin = connect(ephemeral_url)
    await admin.acl_setuser("reader", enabled=True, nopass=True, commands=["+get"], keys=["*"])
    client = connect(ephemeral_url.replace("unix://", "unix://reader:any@"))
    with pytest.raises(StoreUnavailable, match="credentials or permissions"), store_errors():
        await client.set(KEY, "value")
    await client.aclose()
    await admin.acl_deluser("reader")
    await admin.aclose()


async def test_mistakes_pass_unchanged(client: StoreClient) -> None:
    """A command on the wrong type is a bug of ours, not an outage."""
    await client.set(KEY, "value")
    with pytest.raises(ResponseError, match="WRONGTYPE"), store_errors():
        await client.rpush(KEY, "value")


async def test_works_as_a_decorator_too() -> None:
    """For plain functions that raise what the driver raises."""

    @store_errors()
    def broken() -> None:
        raise ConnectionResetError("redis://u:s3cr3t@host")

    with pytest.raises(StoreUnavailable) as unavailable:
        broken()
    assert "s3cr3t" not in str(unavailable.value)


async def write_to_a_closed_connection() -> Exception:
    """How uvloop, on which services run, refuses to write to a connection that was cut."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, LOOPBACK, 0)
    transport, _ = await loop.create_connection(asyncio.Protocol, *server.sockets[0].getsockname())
    transport.abort()
    await asyncio.sleep(0)
    try:
        transport.write(b"PING")
    except RuntimeError as error:
        return error
    finally:
        server.close()
    raise AssertionError("it was taken")


def test_a_connection_that_was_cut_is_unavailable_on_uvloop_too() -> None:
    """A RuntimeError, of all things, which the driver passes on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        error = runner.run(write_to_a_closed_connection())
    with pytest.raises(StoreUnavailable, match="can't be reached"), store_errors():
        raise error
    with pytest.raises(RuntimeError, match="another"), store_errors():
        raise RuntimeError("another")
