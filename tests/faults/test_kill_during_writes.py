"""kill -9 in the middle of writes: what was acknowledged is there afterwards, nothing happened twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from groupguard_client import Addresses, GroupGuard
from service_kit.embedded import shim
from service_kit.suite import Suite
from support.faults.proof import check_everything, report, wait_for_progress
from support.faults.suite import pids
from support.faults.writers import Writing
from support.processes import is_alive, wait_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="death signals and /proc are Linux's")

KILLS = int(os.environ.get("GROUPGUARD_TEST_KILLS", "1"))
"""How often each victim is killed."""
_WRITE_SECONDS = 0.8
"""How long the writers work between two kills."""
_OUTAGE_SECONDS = 0.7
"""How long the supervisor does not look: longer than the client's retries last, so that callers see the outage."""
_PATIENCE = 30.0


@pytest.mark.parametrize("victim", ["rule", "blacklist", "filter", "durable", "ephemeral"])
def test_killed_process_loses_no_acknowledged_write(
    suite: Suite, gg: GroupGuard, victim: str, record_property: Callable[[str, object], None]
) -> None:
    """The supervisor starts the victim again, the writers go on by themselves, and everything adds up.

    Each write that was answered is there. Those in doubt happened once or not at all, also when they were sent again
    with their request_id. FilterService, whoever was killed, comes to the right verdicts without being touched.
    """
    before, writing = pids(suite), Writing(gg, f"wwKilled-{victim}")
    writing.start()
    for _ in range(KILLS):
        _supervise(suite, _WRITE_SECONDS)
        wait_for_progress(suite, writing)  # FilterService knows the rules that the checker asks by
        os.kill(pids(suite)[victim], signal.SIGKILL)
        time.sleep(_OUTAGE_SECONDS)
        wait_for_progress(suite, writing)
    writing.stop()
    assert {name for name, pid in pids(suite).items() if pid != before[name]} == {victim}
    check_everything(gg, writing)
    if victim != "filter":
        assert not writing.checker.refused
    report(writing, record_property)


def test_killed_owner_loses_no_acknowledged_write_and_leaves_no_process(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """`groupguard serve all` dies: its services and its store die with it, and it starts again on the same folder."""
    data = folder / "data"
    with _serve_all(data, folder / "log") as (owner, where), GroupGuard(where) as gg:
        children = _children(owner.pid)
        assert len(children) == 5, "two Valkeys and three services"
        writing = Writing(gg, "wwOwner")
        writing.start()
        time.sleep(2 * _WRITE_SECONDS)
        owner.kill()
        owner.wait()
        assert all(wait_gone(pid, seconds=10) for pid in children)
        assert not _processes_that_name(data)
        writing.stop()
    with _serve_all(data, folder / "log") as (owner, where), GroupGuard(where) as gg:
        check_everything(gg, writing)
        report(writing, record_property)
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(_PATIENCE) == 0
    assert not _processes_that_name(data)


def _supervise(suite: Suite, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        suite.ensure_running()
        time.sleep(0.05)


@contextmanager
def _serve_all(data: Path, log: Path) -> Iterator[tuple[subprocess.Popen[str], Addresses]]:
    """The command as an operator starts it; killed when the test ends, however that ends."""
    command = [
        str(Path(sys.executable).with_name("groupguard")),
        "serve",
        "all",
        "--free-ports",
        "--data-dir",
    ]
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            [sys.executable, "-I", "-S", shim.__file__, str(os.getpid()), *command, str(data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as owner,
    ):
        try:
            assert owner.stdout is not None
            lines = [owner.stdout.readline().split() for _ in range(3)]
            assert all(len(line) == 2 for line in lines), log.read_text("utf-8")
            yield owner, Addresses(**dict(lines))
        finally:
            owner.kill()


def _children(pid: int) -> list[int]:
    return [other for other in _pids() if _parent(other) == pid and is_alive(other)]


def _processes_that_name(folder: Path) -> list[int]:
    """Processes whose command or environment names the folder."""
    return [pid for pid in _pids() if pid != os.getpid() and os.fsencode(folder) in _words(pid)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _words(pid: int) -> bytes:
    try:
        return b" ".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
