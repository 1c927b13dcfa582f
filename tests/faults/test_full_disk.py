"""The disk of the durable store is full: nothing is acknowledged that a restart would lose, verdicts go on, and room heals everything."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from groupguard_client import GroupGuard
from service_kit.embedded import EmbeddedStore, ValkeyServer
from service_kit.suite import StoreUrls, Suite
from support.faults.full import Disk, short_files, small_disk, wait_for_refusals, wait_for_verdicts
from support.faults.proof import check_everything, report, wait_for_progress
from support.faults.suite import addresses, store_of
from support.faults.writers import Writing
from support.processes import wait_until
from support.valkey import LOOPBACK, free_ports, tcp_server

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="limits of another process's files are Linux's"
)

LONG = "GROUPGUARD_TEST_STORMS" in os.environ
"""Whether a real file system is filled as well as files that can't grow; else the first, where one may be mounted."""
_DISK_FULL = "UNAVAILABLE STORE_UNAVAILABLE: the store can't write to its disk"
_PATIENCE = 30.0


@pytest.fixture(params=["small disk", "short files"] if LONG else ["small disk"])
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk()) if request.param == "small disk" else None
        yield disk or stack.enter_context(short_files())


@pytest.fixture
def spare_store(disk: Disk) -> Iterator[tuple[ValkeyServer, str]]:
    """A durable store as the example of the manifests has it, but for fsync every second; and its URL."""
    [port] = free_ports(1)
    directives = (("appendonly", "yes"), ("appendfsync", "everysec"), ("maxmemory-policy", "noeviction"))
    with tcp_server(port, directives, folder=disk.folder) as server:
        yield server, f"redis://{LOOPBACK}:{port}"


def test_store_that_refuses_writes_while_its_disk_is_full(
    disk: Disk,
    spare_store: tuple[ValkeyServer, str],
    ephemeral_url: str,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """With `appendfsync everysec`: writers are told why, checks notice nothing, readiness stays.

    Once there is room everybody goes on by themselves; what was acknowledged survives a kill.
    """
    server, url = spare_store
    assert server.pid is not None
    with (
        Suite(StoreUrls(url, ephemeral_url), log_folder=folder) as suite,
        GroupGuard(addresses(suite.services)) as gg,
    ):
        writing = Writing(gg, "wwFullDisk")
        writing.start()
        wait_for_progress(suite, writing)
        disk.fill(server.pid)
        wait_for_refusals(suite, writing, _DISK_FULL)
        wait_for_verdicts(suite, writing, 50)
        disk.free(server.pid)
        begun = time.monotonic()
        wait_for_progress(suite, writing)
        seconds = time.monotonic() - begun
        writing.stop()
        assert (dict(writing.checker.refused), writing.checker.skipped) == ({}, set())
        assert '"not serving"' not in "".join(log.read_text("utf-8") for log in folder.glob("*.log"))
        os.kill(server.pid, signal.SIGKILL)
        assert wait_until(lambda: not server.is_running(), _PATIENCE)
        server.spawn()
        server.wait_ready()
        check_everything(gg, writing)
    report(writing, record_property, refused=dict(writing.refused()), seconds_to_recover=round(seconds, 2))


def test_store_that_ends_itself_while_its_disk_is_full(
    disk: Disk, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """The embedded store, with `appendfsync always`, rather dies than acknowledge what it can't keep.

    It is started again and again, and tells in between what it has; verdicts go on and say what they lack. Once there is room all
    is well by itself.
    """
    with (
        Suite(EmbeddedStore(disk.folder), log_folder=folder) as suite,
        GroupGuard(addresses(suite.services)) as gg,
    ):
        writing, deaths = Writing(gg, "wwFullEmbedded"), 0
        writing.start()
        wait_for_progress(suite, writing)
        disk.fill(store_of(suite).pids["durable"])
        until = time.monotonic() + 2
        while time.monotonic() < until:
            if "durable" in suite.ensure_running():
                deaths += 1
                disk.fill(store_of(suite).pids["durable"])
            time.sleep(0.1)
        wait_for_verdicts(suite, writing, 20)
        disk.free(store_of(suite).pids["durable"])
        begun = time.monotonic()
        wait_for_progress(suite, writing)
        seconds = time.monotonic() - begun
        writing.stop()
        assert deaths > 1
        assert not writing.checker.refused
        check_everything(gg, writing)
    report(
        writing,
        record_property,
        deaths=deaths,
        refused=dict(writing.refused()),
        seconds_to_recover=round(seconds, 2),
    )
