"""Runs between the owner and Valkey: ties the server's life to its owner's, then becomes the server.

Started as a file (``python -I -S shim.py <owner pid> <binary> <argument>...``), so it imports nothing of groupguard.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""From ``linux/prctl.h``; the setting survives execve of an ordinary binary."""


def main(owner: int, command: list[str]) -> None:
    """Replaces this process by ``command``, which the kernel kills when ``owner`` dies (Linux only)."""
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    # The owner may have died before the line above; then the signal will never come.
    if os.getppid() != owner:
        sys.exit("the owner is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
