"""SIGTERM under load: what a server accepted it answers, and it ends in time (pitfall 30)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest
from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceStub
from groupguard.filter.v1.filter_service_pb2_grpc import FilterServiceStub
from groupguard.filter.v1.verdict_pb2 import DECISION_WARN
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import UpsertGroupsRequest, WatchRevisionsRequest
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceStub
from groupguard_client import AsyncGroupGuard, GroupGuard
from service_kit.embedded import EmbeddedStore
from service_kit.service_process import STOP_SECONDS, ServiceProcess
from service_kit.suite import Suite
from support.faults.audit import fetch
from support.faults.load import Load
from support.faults.replicas import Replicas, replicas
from support.faults.requests import OWNER, bound_rule, check
from support.faults.writers import LISTS
from support.valkey import LOOPBACK

STOPS = int(os.environ.get("GROUPGUARD_TEST_STOPS", "1"))
"""How often each replica is restarted."""
_SETTLE_SECONDS = 1.3
"""Longer than a client waits between two attempts to reach a replica that was away."""
_NOT_ACCEPTED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
_STREAMS = 3
"""Open streams of each kind."""

Call = Callable[[int], Awaitable[object]]


def _upserts(stub: Any, corp_id: str) -> Call:
    def call(number: int) -> Awaitable[object]:
        group = Group(chat_id=f"wr{number}", owner_userid=OWNER)
        answer: Awaitable[object] = stub.UpsertGroups(UpsertGroupsRequest(corp_id=corp_id, groups=[group]))
        return answer

    return call


def _additions(stub: Any, corp_id: str) -> Call:
    def call(number: int) -> Awaitable[object]:
        request = AddEntriesRequest(
            corp_id=corp_id, list=LISTS["enterprise"], external_userids=[f"wm{number}"]
        )
        answer: Awaitable[object] = stub.AddEntries(request)
        return answer

    return call


def _checks(stub: Any, corp_id: str, skipped: list[object] | None = None) -> Call:
    async def call(number: int) -> None:
        request = check(corp_id, "wrChecked", "来刷单吗", f"wmSpeaker{number}")
        verdict = (await stub.CheckMessage(request)).verdict
        assert verdict.decision == DECISION_WARN
        if skipped is not None:
            skipped.extend(verdict.not_evaluated)

    return call


def _listed_count(gg: GroupGuard, corp_id: str) -> int:
    request = AddEntriesRequest(corp_id=corp_id, list=LISTS["enterprise"], external_userids=["wmProbe"])
    return gg.blacklist.AddEntries(request).count - 1


@pytest.mark.parametrize(
    ("name", "method"), [("rule", "UpsertGroups"), ("blacklist", "AddEntries"), ("filter", "CheckMessage")]
)
async def test_stopping_server_answers_all_it_accepted(
    suite: Suite, gg: GroupGuard, suite_folder: Path, name: str, method: str
) -> None:
    """32 calls always in flight on a plain channel without retries, and SIGTERM.

    Each call ends OK, or UNAVAILABLE or CANCELLED if it was not accepted: the server's log knows of no other call
    than those answered, and a write without an answer was not made.
    """
    corp_id, log = f"wwStopped-{name}", suite_folder / f"{name}.log"
    if name == "filter":
        bound_rule(gg, corp_id, "wrChecked", "刷单", strikes=True)
    service, begun = suite.services[name], log.stat().st_size
    options = [("grpc.enable_retries", 0)]
    async with grpc.aio.insecure_channel(f"{LOOPBACK}:{service.port}", options) as channel:
        calls = {
            "rule": _upserts(RuleServiceStub(channel), corp_id),
            "blacklist": _additions(BlacklistServiceStub(channel), corp_id),
            "filter": _checks(FilterServiceStub(channel), corp_id),
        }
        async with Load(calls[name], until_failure=True) as load:
            await load.warm()
            service.signal(signal.SIGTERM)
            await asyncio.to_thread(service.wait_stopped)
            await load.ended()
    assert service.exit_code == 0
    assert {error.code() for error in load.failed.values()} <= _NOT_ACCEPTED
    logged = _logged_codes(log, begun, method)
    assert logged == {"OK": len(load.succeeded)}
    print(name, len(load.succeeded), Counter(error.code().name for error in load.failed.values()))

    service.start()
    await asyncio.to_thread(service.wait_ready)
    if name == "rule":
        written = set(fetch(gg, corp_id).ordinals)
        assert written == {f"wr{number}" for number in load.succeeded}
    elif name == "blacklist":
        assert _listed_count(gg, corp_id) == len(load.succeeded)


def _logged_codes(log: Path, begun: int, method: str) -> Counter[str]:
    with log.open("rb") as file:
        file.seek(begun)
        lines = [json.loads(line) for line in file if line.startswith(b"{")]
    return Counter(line["code"] for line in lines if line.get("method", "").endswith(f"/{method}"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_open_streams_do_not_hold_up_the_end(folder: Path, number: signal.Signals) -> None:
    """Watches of health and of revisions end with the drain; the grace would be longer than the supervisor waits.

    Each service ends by itself with 0, and the streams end as a stopping server ends them.
    """
    patient = {"GROUPGUARD_GRACE_SECONDS": "60"}
    assert float(patient["GROUPGUARD_GRACE_SECONDS"]) > STOP_SECONDS
    with Suite(EmbeddedStore(folder / "data"), environment=patient, log_folder=folder) as suite:
        async with AsyncExitStack() as channels:
            streams: list[Any] = []
            for name, service in suite.services.items():
                for port in (service.port, service.health_port):
                    channel = await channels.enter_async_context(
                        grpc.aio.insecure_channel(f"{LOOPBACK}:{port}")
                    )
                    health: Any = health_pb2_grpc.HealthStub(channel)
                    for asked in ("", "process"):
                        request = health_pb2.HealthCheckRequest(service=asked)
                        streams += [health.Watch(request) for _ in range(_STREAMS)]
                    if name == "rule" and port == service.port:
                        watch = RuleServiceStub(channel).WatchRevisions
                        streams += [watch(WatchRevisionsRequest()) for _ in range(_STREAMS)]
            await asyncio.gather(*(stream.initial_metadata() for stream in streams))
            ends = [asyncio.create_task(_end(stream)) for stream in streams]
            begun = time.monotonic()
            for service in suite.services.values():
                service.signal(number)
            await asyncio.gather(
                *(asyncio.to_thread(service.wait_stopped) for service in suite.services.values())
            )
            print(number.name, f"{time.monotonic() - begun:.2f} s")
            codes = await asyncio.gather(*ends)
        assert {name: service.exit_code for name, service in suite.services.items()} == {
            "rule": 0,
            "blacklist": 0,
            "filter": 0,
        }
        assert set(codes) <= {grpc.StatusCode.OK, *_NOT_ACCEPTED}


async def _end(stream: Any) -> grpc.StatusCode:
    """Reads a stream to its end; one that is not read never tells its status."""
    try:
        async for _ in stream:
            pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_replicas_restarted_in_turn_lose_no_call(folder: Path) -> None:
    """Two replicas of each service, 36 callers at work through our client: not one call fails.

    Writes that were acknowledged are there, once each; and no verdict had to do without a check, for FilterService
    calls the others through the same client.
    """
    corp_id = "wwRolling"
    with (
        EmbeddedStore(folder / "data") as store,
        replicas(store, folder) as parts,
        GroupGuard(parts.addresses) as gg,
    ):
        bound_rule(gg, corp_id, "wrChecked", "刷单", strikes=True)
        loads = await _restart_under_load(parts, corp_id)
        written = set(fetch(gg, corp_id).ordinals)
        assert written == {"wrChecked", *(f"wr{number}" for number in loads["rule"].succeeded)}
        assert _listed_count(gg, corp_id) == len(loads["blacklist"].succeeded)


async def _restart_under_load(parts: Replicas, corp_id: str) -> dict[str, Load]:
    skipped: list[object] = []
    async with AsyncGroupGuard(parts.addresses, timeout=20) as gg:
        loads = {
            "rule": Load(_upserts(gg.rules, corp_id), in_flight=12, pause=0.05),
            "blacklist": Load(_additions(gg.blacklist, corp_id), in_flight=12, pause=0.05),
            "filter": Load(_checks(gg.filter, corp_id, skipped), in_flight=12, pause=0.05),
        }
        async with loads["rule"], loads["blacklist"], loads["filter"]:
            for load in loads.values():
                await load.warm()
            for _ in range(STOPS):
                for place in range(2):
                    await _restart([both[place] for both in parts.services.values()])
                    await asyncio.sleep(_SETTLE_SECONDS)
    print({name: len(load.succeeded) for name, load in loads.items()}, len(skipped), "skipped checks")
    assert {name: load.failed for name, load in loads.items()} == {"rule": {}, "blacklist": {}, "filter": {}}
    assert skipped == []
    return loads


async def _restart(services: list[ServiceProcess]) -> None:
    """Stops one replica of each service and starts it on its old port."""
    for service in services:
        service.signal(signal.SIGTERM)
    await asyncio.gather(*(asyncio.to_thread(service.wait_stopped) for service in services))
    assert [service.exit_code for service in services] == [0] * len(services)
    for service in services:
        service.start()
    await asyncio.gather(*(asyncio.to_thread(service.wait_ready) for service in services))
