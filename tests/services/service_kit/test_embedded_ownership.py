"""One owner per folder, whatever dies first."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from service_kit.embedded import EmbeddedStore, StoreInUse, orphans
from support.processes import is_alive, wait_gone, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="death signals and /proc are Linux's")


@contextlib.contextmanager
def _owner(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    program = [sys.executable, "-m", "support.owner", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_second_owner_is_refused_by_name(folder: Path) -> None:
    """The error names the folder and the process that has it."""
    with EmbeddedStore(folder):
        with pytest.raises(StoreInUse, match=str(folder)) as refused:
            EmbeddedStore(folder).start()
        assert refused.value.holder == os.getpid()


def test_killed_owner_loses_no_acknowledged_write_and_leaves_nothing(folder: Path) -> None:
    """kill -9 in the middle of writing: the servers go too, and the next start has every acknowledged write."""
    with _owner(folder) as (process, pids):
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(300)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
        process.wait()
    assert all(wait_gone(pid, seconds=5) for pid in pids.values())
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        stored = [int(number) for number in client.lrange("acknowledged", 0, -1)]
    assert stored[: len(acknowledged)] == acknowledged
    assert len(stored) <= len(acknowledged) + 1


def test_restart_right_after_the_kill_works(folder: Path) -> None:
    """A supervisor does not wait until the servers are gone: the start does."""
    with _owner(folder) as (process, _):
        process.kill()
        with EmbeddedStore(folder) as store:
            assert store.poll() == ()


def test_ctrl_c_reaches_the_owner_only(folder: Path) -> None:
    """The servers are in a session of their own, so that the owner stops them in order."""
    with EmbeddedStore(folder) as store:
        assert {os.getsid(pid) for pid in store.pids.values()}.isdisjoint({os.getsid(0)})


def test_surviving_server_keeps_a_second_owner_out(folder: Path) -> None:
    """The servers hold the lock as well: what outlives the owner is never joined by a second server.

    The survivor is a process that was given the owner's lock as the servers are, but no death signal.
    """
    survivor = "import os, sys; sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.read()"
    program = (
        "import subprocess, sys; from pathlib import Path; from service_kit.embedded import lock;"
        "held = lock.acquire(Path(sys.argv[1]));"
        f"subprocess.Popen([sys.executable, '-c', {survivor!r}], pass_fds=[held])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner_process:
        assert owner_process.stdout is not None
        assert owner_process.stdin is not None
        assert owner_process.stdout.readline() == "ready\n"
        owner_process.wait()
        with pytest.raises(StoreInUse) as refused:
            EmbeddedStore(folder).start()
        assert refused.value.holder == owner_process.pid
        owner_process.stdin.close()
    with EmbeddedStore(folder) as store:
        assert store.poll() == ()


def test_killed_server_comes_back_on_its_socket_with_its_data(folder: Path) -> None:
    """poll sees it, ensure_running starts it, a client that was connected goes on."""
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        client.set("key", "value")
        before = store.pids
        os.kill(before["durable"], signal.SIGKILL)
        assert wait_until(lambda: store.poll() == ("durable",), seconds=5)
        assert store.ensure_running() == ("durable",)
        store.wait_ready()
        assert client.get("key") == b"value"
        assert store.pids["ephemeral"] == before["ephemeral"]
        assert store.ensure_running() == ()


def test_stop_leaves_no_process(folder: Path) -> None:
    """Both servers end."""
    with EmbeddedStore(folder) as store:
        pids = store.pids
    assert not any(is_alive(pid) for pid in pids.values())


def test_orphans_of_a_dead_owner_can_be_shut_down(folder: Path) -> None:
    """What is done where the kernel has no death signal; a socket without server is passed over."""
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        client.set("key", "value")
        pids = store.pids
        orphans.shut_down([folder / "durable" / "s.sock", folder / "ephemeral" / "s.sock", folder / "none"])
        assert all(wait_gone(pid, seconds=5) for pid in pids.values())
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        assert client.get("key") == b"value"


def test_only_a_known_and_dead_owner_counts_as_dead() -> None:
    """An unknown owner is left alone."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert orphans.owner_is_dead(gone.pid)
    assert not orphans.owner_is_dead(os.getpid())
    assert not orphans.owner_is_dead(1)
    assert not orphans.owner_is_dead(None)
