"""One owner per data folder, also after the owner has died and a server of it has not."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from service_kit.embedded.errors import StoreInUse

PATIENCE: Final = 2.0
"""Seconds to wait for the lock: the servers of an owner that was just killed need a moment to disappear."""


def acquire(folder: Path, patience: float = PATIENCE) -> int:
    """Locks ``<folder>/lock`` and writes this process's id into it.

    The lock belongs to the open file, not to the process: whoever inherits the descriptor holds it too.

    Args:
        folder: an existing folder.
        patience: seconds to keep trying.

    Returns:
        The descriptor; closing it, here and in every process that inherited it, frees the lock.

    Raises:
        StoreInUse: the lock is held elsewhere.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            holder = _read_holder(descriptor)
            os.close(descriptor)
            raise StoreInUse(folder, holder) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        return descriptor


def _read_holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, 20, 0).strip()
    return int(text) if text.isdigit() else None
