"""Connections: those that do nothing, last long, or bring too much."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import failure
from service_kit.embedded import EmbeddedStore
from support.rules import CORP, client_of
from support.services import ServiceProcess, running

AGE = 1.0
"""Seconds that a connection may live, and that its calls get beyond it."""
MESSAGE_BYTES = 100_000


@pytest.fixture(scope="module")
def service(session_store: EmbeddedStore) -> Iterator[ServiceProcess]:
    environment = {
        "GROUPGUARD_DURABLE_URL": session_store.durable_url,
        "GROUPGUARD_HANDSHAKE_SECONDS": "0.5",
        "GROUPGUARD_MESSAGE_BYTES": str(MESSAGE_BYTES),
    }
    with running("rule_service", environment) as process:
        yield process


def memory_peak(pid: int) -> int:
    """The most memory that a process has had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
    assert found
    return int(found[1]) // 1024


def test_a_connection_that_says_nothing_is_closed(service: ServiceProcess) -> None:
    host, _, port = service.target.rpartition(":")
    begun = time.monotonic()
    with socket.create_connection((host, int(port)), 10) as silent:
        while silent.recv(4096):  # the server's own greeting, then the end
            pass
    assert time.monotonic() - begun < 5


async def test_connections_are_made_anew_and_no_call_fails_for_it(session_store: EmbeddedStore) -> None:
    """Balanced clients find new replicas, and a stream is not for ever; ours retries it."""
    environment = {
        "GROUPGUARD_DURABLE_URL": session_store.durable_url,
        "GROUPGUARD_CONNECTION_AGE_SECONDS": str(AGE),
        "GROUPGUARD_CONNECTION_GRACE_SECONDS": str(AGE),
    }
    with running("rule_service", environment) as process:
        async with client_of(process.target) as client:
            watching = client.rules.WatchRevisions(pb.WatchRevisionsRequest())
            await watching.initial_metadata()
            done, until = 0, time.monotonic() + 2.5 * AGE
            while time.monotonic() < until:
                await client.rules.ListRules(pb.ListRulesRequest(corp_id=CORP))
                await asyncio.sleep(0.005)
                done += 1
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await watching.read()
    assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
    assert done > 20


async def test_a_process_keeps_to_the_limits_it_is_told(session_store: EmbeddedStore) -> None:
    """What each of them does is tested with the interceptor; here, that the settings reach it."""
    environment = {
        "GROUPGUARD_DURABLE_URL": session_store.durable_url,
        "GROUPGUARD_CORP_REQUESTS_PER_SECOND": "1",
        "GROUPGUARD_CORP_BURST": "2",
        "GROUPGUARD_STREAMS_PER_CALLER": "1",
    }
    with running("rule_service", environment) as process:
        async with client_of(process.target) as client:
            seen = [
                await reason(client.rules.ListRules(pb.ListRulesRequest(corp_id="wwQuota"))) for _ in range(4)
            ]
            assert seen[:2] == ["", ""]
            assert "QUOTA_EXCEEDED" in seen
            watching = client.rules.WatchRevisions(pb.WatchRevisionsRequest())
            await watching.initial_metadata()
            second = client.rules.WatchRevisions(pb.WatchRevisionsRequest())
            assert await reason(second.read()) == "TOO_MANY_STREAMS"
            watching.cancel()


async def reason(call: Awaitable[object]) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return failure(error).reason
    return ""


async def refusal(service: ServiceProcess, size: int, compression: grpc.Compression | None = None) -> str:
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(service.target, options) as channel:
        ask: Any = channel.unary_unary(
            "/groupguard.rule.v1.RuleService/ListRules",
            request_serializer=pb.ListRulesRequest.SerializeToString,
        )
        request = pb.ListRulesRequest(corp_id=CORP, page_token="x" * (size - 100))
        request.page_token += "x" * (size - request.ByteSize())
        assert request.ByteSize() == size
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(request, compression=compression, timeout=20)
        told = failure(caught.value)
        return f"{told.code} {told.reason}".strip()


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
async def test_a_request_has_its_largest_size(
    service: ServiceProcess, compression: grpc.Compression | None
) -> None:
    assert await refusal(service, MESSAGE_BYTES, compression) == "INVALID_ARGUMENT INVALID_FIELD"
    assert await refusal(service, MESSAGE_BYTES + 1, compression) == "RESOURCE_EXHAUSTED"


async def test_what_was_compressed_a_thousandfold_is_not_unpacked(service: ServiceProcess) -> None:
    before = memory_peak(service.popen.pid)
    assert await refusal(service, 100 * 1024 * 1024, grpc.Compression.Gzip) == "RESOURCE_EXHAUSTED"
    assert memory_peak(service.popen.pid) < before + 50
