"""The real process: how it starts, what it says of itself, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
import pytest
import redis as sync_redis
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from groupguard.rule.v1 import rule_service_pb2 as pb
from service_kit.embedded import EmbeddedStore
from support.processes import wait_gone
from support.rules import CORP, SERVICE, asked, client_of, create
from support.services import ROOT, ServiceProcess, eventually, launched, running
from support.valkey import LOOPBACK, free_ports, tcp_server

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
NOBODY = "redis://127.0.0.1:1"
"""A store that is not there."""


@asynccontextmanager
async def health_of(target: str) -> AsyncIterator[Any]:
    options = [("grpc.max_reconnect_backoff_ms", 50), ("grpc.initial_reconnect_backoff_ms", 50)]
    async with grpc.aio.insecure_channel(target, options) as channel:
        yield health_pb2_grpc.HealthStub(channel)


async def status(health: Any, name: str = "") -> int:
    answer = await health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
    return int(answer.status)


@pytest.fixture(scope="module")
def shared(session_store: EmbeddedStore) -> Iterator[ServiceProcess]:
    """A process for tests that only look; the store is emptied by others meanwhile."""
    with running("rule_service", {"GROUPGUARD_DURABLE_URL": session_store.durable_url}) as process:
        yield process


# Starting


def test_the_ready_line_is_all_that_goes_to_standard_output(shared: ServiceProcess) -> None:
    told = shared.ready
    assert (told["service"], set(told)) == (SERVICE, {"service", "port", "health_port"})
    assert shared.output.count("\n") == 1


def test_the_log_is_json(shared: ServiceProcess) -> None:
    lines = [json.loads(line) for line in shared.log.splitlines() if line.startswith("{")]
    assert "ready" in {line["event"] for line in lines}
    assert {line["service"] for line in lines} == {"rule"}


def refused(**environment: str) -> str:
    with launched("rule_service", {"GROUPGUARD_DURABLE_URL": NOBODY, **environment}) as process:
        assert process.wait() == 2
        assert process.output == ""
        return process.log


def test_all_wrong_settings_are_told_at_once() -> None:
    said = refused(
        GROUPGUARD_DURABLE_URL="http://:secret@x",
        GROUPGUARD_LISTEN="nowhere",
        GROUPGUARD_TOKENS_FILE="/not/there",
        GROUPGUARD_DRAIN_SECONDS="61",
        GROUPGUARD_LOG_SAMPLE="2",
    )
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "GROUPGUARD_LISTEN",
        "GROUPGUARD_TOKENS_FILE",
        "GROUPGUARD_DRAIN_SECONDS",
        "GROUPGUARD_LOG_SAMPLE",
        "GROUPGUARD_DURABLE_URL",
    ]
    assert "secret" not in said


def tokens_file(folder: Path, **entry: object) -> str:
    file = folder / "tokens.json"
    known = {
        "name": "crm",
        "sha256": sha256(b"secret").hexdigest(),
        "roles": {CORP: ["super_admin"]},
        **entry,
    }
    file.write_text(json.dumps({"tokens": [known]}), "utf-8")
    return str(file)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "127.example.com:0"])
def test_a_server_does_not_listen_beyond_loopback_without_tokens(valkey_url: str, address: str) -> None:
    said = refused(GROUPGUARD_DURABLE_URL=valkey_url, GROUPGUARD_LISTEN=address)
    assert f"GROUPGUARD_LISTEN: {address} is beyond loopback and no token would be asked for" in said


def test_it_does_if_told_to_be_insecure(valkey_url: str) -> None:
    environment = {"GROUPGUARD_DURABLE_URL": valkey_url, "GROUPGUARD_LISTEN": "0.0.0.0:0"}
    with running("rule_service", {**environment, "GROUPGUARD_INSECURE": "true"}) as process:
        assert process.ready


async def test_with_a_tokens_file_it_does_and_asks_for_them(valkey_url: str, folder: Path) -> None:
    environment = {
        "GROUPGUARD_DURABLE_URL": valkey_url,
        "GROUPGUARD_LISTEN": "0.0.0.0:0",
        "GROUPGUARD_TOKENS_FILE": tokens_file(folder),
    }
    with running("rule_service", environment) as process:
        async with client_of(process.target, "secret") as known, client_of(process.target) as unknown:
            await create(known)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await create(unknown)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert '"caller": "crm"' in process.log
        assert "secret" not in process.log


def test_a_wrong_tokens_file_is_told(valkey_url: str, folder: Path) -> None:
    said = refused(
        GROUPGUARD_DURABLE_URL=valkey_url, GROUPGUARD_TOKENS_FILE=tokens_file(folder, roles={CORP: ["root"]})
    )
    assert "GROUPGUARD_TOKENS_FILE" in said
    assert "no role 'root'" in said


@pytest.mark.parametrize(
    "variable", ["GROUPGUARD_LISTEN", "GROUPGUARD_HEALTH_LISTEN", "GROUPGUARD_METRICS_LISTEN"]
)
def test_a_taken_port_is_told(shared: ServiceProcess, valkey_url: str, variable: str) -> None:
    """Also by a server of the same kind: with SO_REUSEPORT both would get half of the calls."""
    taken = shared.target if variable == "GROUPGUARD_LISTEN" else shared.health_target
    said = refused(**{"GROUPGUARD_DURABLE_URL": valkey_url, variable: taken})
    assert f"{variable}: can't listen on {taken}: the port is taken or the host is not ours" in said


def test_a_store_that_evicts_is_refused() -> None:
    [port] = free_ports(1)
    with tcp_server(port, (("maxmemory-policy", "allkeys-lru"),)):
        said = refused(GROUPGUARD_DURABLE_URL=f"redis://{LOOPBACK}:{port}")
    assert "GROUPGUARD_DURABLE_URL" in said
    assert "must be noeviction" in said


# Health


async def test_health_tells_the_truth_about_the_store() -> None:
    """Pitfall 31: the process stays alive whatever the store does."""
    port, health_port = free_ports(2)
    environment = {
        "GROUPGUARD_DURABLE_URL": f"redis://{LOOPBACK}:{port}",
        "GROUPGUARD_HEALTH_LISTEN": f"{LOOPBACK}:{health_port}",
    }
    with ExitStack() as stack:
        process = stack.enter_context(launched("rule_service", environment))
        async with health_of(f"{LOOPBACK}:{health_port}") as health:
            seen: list[int] = []

            async def is_serving(*names: str) -> bool:
                try:
                    seen.extend([await status(health, name) for name in names])
                except grpc.aio.AioRpcError:
                    return False
                return seen[-1] == SERVING

            for _ in range(10):  # nothing may be called serving before the store is there
                await is_serving("", SERVICE)
                await asyncio.sleep(0.1)
            assert SERVING not in seen
            assert not process.ready

            with tcp_server(port):
                await eventually(lambda: is_serving("", SERVICE))
                assert await status(health, "process") == SERVING

            async def is_down() -> bool:
                return await status(health) == NOT_SERVING

            await eventually(is_down)
            assert await status(health, SERVICE) == NOT_SERVING
            assert await status(health, "process") == SERVING

            with tcp_server(port):
                await eventually(lambda: is_serving("", SERVICE))
        assert process.popen.poll() is None


async def test_health_is_the_same_on_both_ports_and_the_health_port_has_nothing_else(
    shared: ServiceProcess,
) -> None:
    for target in (shared.target, shared.health_target):
        async with health_of(target) as health:
            assert [await status(health, name) for name in ("", SERVICE, "process")] == [SERVING] * 3
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await status(health, "nonsense")
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    async with client_of(shared.health_target) as client:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await create(client)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    async with grpc.aio.insecure_channel(shared.health_target) as channel:
        reflection: Any = channel.unary_unary(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
        )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reflection(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def services_of(target: str) -> set[str]:
    async with grpc.aio.insecure_channel(target) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast(Any, channel))
        asking = iter([cast(Any, reflection_pb2).ServerReflectionRequest(list_services="")])
        answers = [answer async for answer in stub.ServerReflectionInfo(asking)]
    return {service.name for service in answers[0].list_services_response.service}


async def test_reflection_lists_the_services(shared: ServiceProcess) -> None:
    assert await services_of(shared.target) == {
        SERVICE,
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


# Ringing and ending


async def test_a_write_through_one_process_rings_at_another(store_url: str) -> None:
    environment = {"GROUPGUARD_DURABLE_URL": store_url}
    with running("rule_service", environment) as one, running("rule_service", environment) as other:
        async with client_of(one.target) as writer, client_of(other.target) as watcher:
            watching = watcher.rules.WatchRevisions(pb.WatchRevisionsRequest())
            rung = asyncio.ensure_future(anext(aiter(watching)))
            while not rung.done():
                await create(writer)
                await asyncio.wait({rung}, timeout=0.1)
            assert (await rung).corp_id == CORP
            watching.cancel()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_open_watches_do_not_hold_up_the_end(valkey_url: str, number: signal.Signals) -> None:
    environment = {"GROUPGUARD_DURABLE_URL": valkey_url, "GROUPGUARD_DRAIN_SECONDS": "1"}
    with running("rule_service", environment) as process:
        async with client_of(process.target) as client, health_of(process.target) as health:
            rules = client.rules.WatchRevisions(pb.WatchRevisionsRequest())
            await rules.initial_metadata()
            statuses = health.Watch(health_pb2.HealthCheckRequest(service=""))
            assert (await statuses.read()).status == SERVING

            begun = time.monotonic()
            process.popen.send_signal(number)

            assert (await statuses.read()).status == NOT_SERVING
            assert time.monotonic() - begun < 1
            assert await rules.read() is grpc.aio.EOF  # an end, not an error
            assert await asyncio.to_thread(process.wait) == 0
            assert 1 <= time.monotonic() - begun < 10
        assert "Traceback" not in process.log


async def test_calls_under_way_and_calls_during_the_drain_are_answered(valkey_url: str) -> None:
    """Pitfall 30."""
    environment = {"GROUPGUARD_DURABLE_URL": valkey_url, "GROUPGUARD_DRAIN_SECONDS": "0.4"}
    with running("rule_service", environment) as process, sync_redis.Redis.from_url(valkey_url) as store:
        async with grpc.aio.insecure_channel(process.target) as channel:
            ask = channel.unary_unary(
                f"/{SERVICE}/CreateRule",
                request_serializer=pb.CreateRuleRequest.SerializeToString,
                response_deserializer=pb.CreateRuleResponse.FromString,
            )
            request = pb.CreateRuleRequest(corp_id=CORP, rule=asked())
            await ask(request)  # connected, the script loaded
            store.client_pause(1200, all=False)  # writes wait, longer than the drain
            before = asyncio.ensure_future(ask(request))
            await asyncio.sleep(0.1)
            process.terminate()
            await asyncio.sleep(0.1)
            during = asyncio.ensure_future(ask(request))
            assert (await before).rules_revision.startswith("2-")
            assert (await during).rules_revision.startswith("3-")
        assert await asyncio.to_thread(process.wait) == 0


def test_the_process_dies_with_the_test_that_started_it(valkey_url: str) -> None:
    """However the test ends; else machines fill with servers."""
    program = (
        "import sys, time\n"
        "from support.services import running\n"
        "with running('rule_service', {'GROUPGUARD_DURABLE_URL': sys.argv[1]}) as process:\n"
        "    print(process.popen.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    path = os.pathsep.join(str(ROOT / folder) for folder in ("services", "clients", "tests"))
    with subprocess.Popen(
        [sys.executable, "-c", program, valkey_url],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
    assert wait_gone(pid, 5)
