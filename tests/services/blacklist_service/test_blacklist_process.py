"""`python -m blacklist_service` as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceStub
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_PERSONAL

SERVICE = "groupguard.blacklist.v1.BlacklistService"


@contextmanager
def process(settings: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The service with these settings; killed if it is left running."""
    running = subprocess.Popen(
        [sys.executable, "-m", "blacklist_service"],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


def test_process_serves_from_its_environment_until_told_to_stop(valkey_url: str) -> None:
    """Ready line, calls, health under its full name, log lines, a clean end."""
    settings = {
        "GROUPGUARD_DURABLE_URL": valkey_url,
        "GROUPGUARD_LISTEN": "127.0.0.1:0",
        "GROUPGUARD_DRAIN_SECONDS": "0",
    }
    with process(settings) as running:
        assert running.stdout is not None
        ready = _ready(running.stdout)
        assert ready["service"] == SERVICE
        with grpc.insecure_channel(f"127.0.0.1:{ready['port']}") as channel:
            added = BlacklistServiceStub(channel).AddEntries(
                pb.AddEntriesRequest(
                    corp_id="ww1",
                    list=pb.List(kind=BLACKLIST_KIND_PERSONAL, owner_userid="zhang"),
                    external_userids=["wm-secret"],
                )
            )
            assert (added.count, added.limit) == (1, 50_000)
            stub: Any = health_pb2_grpc.HealthStub(channel)  # its types lack the methods
            health = stub.Check(health_pb2.HealthCheckRequest(service=SERVICE))
            assert health.status == health_pb2.HealthCheckResponse.SERVING
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=10)
        assert running.returncode == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    assert {line["service"] for line in lines} == {"blacklist"}
    assert any(line.get("method") == f"/{SERVICE}/AddEntries" for line in lines)
    assert "wm-secret" not in errors


def test_process_names_the_settings_it_lacks() -> None:
    """And ends with 2."""
    with process({}) as running:
        _, errors = running.communicate(timeout=10)
        assert running.returncode == 2
    assert "GROUPGUARD_DURABLE_URL: required" in errors
    assert "GROUPGUARD_LISTEN: required" in errors


def _ready(output: IO[str]) -> dict[str, object]:
    word, _, facts = output.readline().partition(" ")
    assert word == "ready"
    read: dict[str, object] = json.loads(facts)
    return read
