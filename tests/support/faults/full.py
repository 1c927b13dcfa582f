"""Stores that have no room left: in memory, or on the disk."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import redis

from service_kit.suite import Suite
from support.faults.writers import Writing
from support.processes import wait_until
from support.valkey import short_folder

_PATIENCE = 30.0
_DISK_MEGABYTES = 16


@contextmanager
def limited_memory(url: str, room: int) -> Iterator[redis.Redis]:
    """A store that may take so many bytes more than it has; yields a client of it."""
    with redis.Redis.from_url(url, protocol=2) as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + room)
        try:
            yield client
        finally:
            client.config_set("maxmemory", 0)


class Disk(Protocol):
    """Where a store's files lie."""

    folder: Path

    def fill(self, pid: int) -> None:
        """Leaves no room for the store's process; again after each of its starts."""

    def free(self, pid: int) -> None:
        """Makes room again."""


class SmallDisk:
    """A file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, pid: int) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def free(self, pid: int) -> None:
        self._ballast.unlink()


class ShortFiles:
    """Files that can't grow: where nobody may mount anything, the nearest to a full disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._size = 0

    def fill(self, pid: int) -> None:
        self._size = self._size or max(file.stat().st_size for file in self.folder.rglob("*.incr.aof"))
        # Python ignores SIGXFSZ, and what the shim starts inherits that: a write beyond the limit is an error, and no death.
        self._limit(pid, self._size)

    def free(self, pid: int) -> None:
        self._size = 0
        self._limit(pid, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1])

    def _limit(self, pid: int, size: int) -> None:
        most = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


@contextmanager
def small_disk() -> Iterator[Disk | None]:
    """A file system that is soon full; None where nobody may mount one."""
    with short_folder() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MEGABYTES}m", "groupguard-tests", str(folder)]
        if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
            yield None
            return
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def short_files() -> Iterator[Disk]:
    """A folder whose files can be kept from growing."""
    with short_folder() as folder:
        yield ShortFiles(folder)


def wait_for_refusals(suite: Suite, writing: Writing, told: str) -> None:
    """Waits until every writer was refused a write in these words."""

    def all_refused() -> bool:
        suite.ensure_running()
        return all(writer.refused[told] for writer in writing.writers)

    assert wait_until(all_refused, _PATIENCE), (told, writing.refused(), writing.surprises())


def wait_for_verdicts(suite: Suite, writing: Writing, count: int) -> None:
    """Waits until so many more verdicts were given."""

    def given() -> int:
        suite.ensure_running()
        return writing.checker.acknowledged.get("CheckMessage", 0)

    before = given()
    assert wait_until(lambda: given() >= before + count, _PATIENCE), writing.checker.refused
