"""How channels balance and retry: over all addresses of a name, and only what may be repeated."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from groupguard.blacklist.v1 import blacklist_service_pb2
from groupguard.filter.v1 import filter_service_pb2
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest, CheckMessageResponse
from groupguard.filter.v1.filter_service_pb2_grpc import (
    FilterServiceServicer,
    add_FilterServiceServicer_to_server,
)
from groupguard.rule.v1 import rule_service_pb2
from groupguard_client import Addresses, GroupGuard
from support.services import in_process
from support.valkey import LOOPBACK

READS = ("Get", "List", "Fetch", "Watch", "Validate", "Render", "Test", "Export", "Backtest")
REPEATABLE = {
    "CheckMessage": "a message is recognised by its message_id; a verdict on one without says so",
    "BatchCheckMessages": "the same",
    "CheckMember": "likewise, by its event_id",
    "StreamCheckMessages": "likewise, and retries of a stream end with its first answer",
    "ImportEntries": "an import goes on where it was: who is listed already stays listed",
    "RemoveBySource": "what is gone already stays gone",
    "RebuildFilter": "a filter is made of what is listed, however often",
    "ClearStrikes": "what is cleared stays cleared",
    "ForgetCustomer": "what is forgotten stays forgotten",
    "CheckCustomers": "only reads",
    "AddEntries": "who is listed already stays listed",
    "RemoveEntries": "who is gone already stays gone",
    "ReportActivity": "only a later time changes anything",
    "ImportCorp": "a stream ends its retries with the first answer; what is there already stays",
}
"""Methods that are neither reads by their names nor writes with a request_id, and why they may be repeated."""
METHODS: list[MethodDescriptor] = [
    method
    for module in (rule_service_pb2, filter_service_pb2, blacklist_service_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_may_be_repeated(method: MethodDescriptor) -> None:
    """Channels retry all of them, so a new method has to say here why it is safe."""
    written_once = "request_id" in method.input_type.fields_by_name
    assert written_once or method.name.startswith(READS) or method.name in REPEATABLE


class Counting(FilterServiceServicer):
    """Counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def CheckMessage(
        self, request: CheckMessageRequest, context: grpc.ServicerContext
    ) -> CheckMessageResponse:
        self.calls += 1
        return CheckMessageResponse()


@contextmanager
def serving(servicer: Counting) -> Iterator[str]:
    server = grpc.server(futures.ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    add_FilterServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        server.stop(0).wait()


def test_calls_go_round_all_addresses() -> None:
    """One channel holds a connection to each of them, as it does for a headless Service's name."""
    servicers: list[Any] = [Counting() for _ in range(3)]  # type: ignore[abstract]
    with ExitStack() as stack:
        targets = ",".join(stack.enter_context(serving(servicer)) for servicer in servicers)
        with GroupGuard(Addresses(filter=f"ipv4:{targets}")) as gg:
            while not all(servicer.calls for servicer in servicers):  # connections come one by one
                gg.filter.CheckMessage(CheckMessageRequest())
            before = [servicer.calls for servicer in servicers]
            for _ in range(30):
                gg.filter.CheckMessage(CheckMessageRequest())
    assert [servicer.calls - was for servicer, was in zip(servicers, before, strict=True)] == [10, 10, 10]


def test_a_name_is_looked_up() -> None:
    """The form in which a headless Service is called."""
    servicer: Any = Counting()  # type: ignore[abstract]
    with serving(servicer) as target:
        port = target.rpartition(":")[2]
        with GroupGuard(Addresses(filter=f"dns:///localhost:{port}")) as gg:
            gg.filter.CheckMessage(CheckMessageRequest())
    assert servicer.calls == 1


_CLIENTS = """
import sys, threading, time
import grpc
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard_client import Addresses, GroupGuard

until, together = time.monotonic() + 5, threading.Barrier(8)
done = []

def begin():
    while time.monotonic() < until:
        with GroupGuard(Addresses(filter=sys.argv[1])) as gg:
            together.wait(30)
            gg.filter.CheckMessage(CheckMessageRequest(corp_id="ww1"), timeout=30)
            done.append(1)
    together.abort()

def work():
    try:
        begin()
    except threading.BrokenBarrierError:
        pass

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(done))
"""


async def test_clients_of_one_process_begin_at_the_same_moment() -> None:
    """Many addresses make it likelier that two of them watch the health of one at once, of which a process has died."""

    class Answering(FilterServiceServicer):
        async def CheckMessage(self, request: CheckMessageRequest, context: Any) -> CheckMessageResponse:
            return CheckMessageResponse()

    def register(server: grpc.aio.Server) -> None:
        add_FilterServiceServicer_to_server(Answering(), server)  # type: ignore[abstract]

    permissions = {"CheckMessage": frozenset({"super_admin"})}
    async with in_process("groupguard.filter.v1.FilterService", register, permissions) as target:
        port = target.rpartition(":")[2]
        targets = ",".join(f"127.0.0.{last}:{port}" for last in range(1, 21))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CLIENTS, f"ipv4:{targets}", stdout=PIPE, stderr=PIPE
        )
        out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, errors.decode()) == (0, "")
    assert int(out) > 100
