"""Looks at processes that are nobody's children any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Tells whether the process still runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_gone(pid: int, seconds: float) -> bool:
    """Waits for the end of a process and tells whether it came."""
    return wait_until(lambda: not is_alive(pid), seconds)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Waits until the condition holds and tells whether it came to that."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
