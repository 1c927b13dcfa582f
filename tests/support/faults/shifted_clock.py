"""A wall clock of its own for processes that a test starts, which it can set forward and back while they run."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMPILER = shutil.which("cc") if sys.platform == "linux" else None
"""Makes what is preloaded; None where there is none, or nothing is preloaded so."""
_SOURCE = Path(__file__).with_suffix(".c")


class ShiftedClock:
    """The clock of every process that is started with `environment`; right until it is set."""

    def __init__(self, library: Path, shift: mmap.mmap, file: Path) -> None:
        self.environment = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(file)}
        self._shift = shift

    def set(self, seconds: int) -> None:
        """Makes it so much ahead of the true time, or behind, from now on."""
        self._shift[:] = struct.pack("=q", seconds)


@contextmanager
def shifted_clock(folder: Path) -> Iterator[ShiftedClock]:
    """Makes a clock; its files lie in a folder."""
    assert COMPILER is not None
    library, file = folder / "shifted_clock.so", folder / "shift"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O2", "-o", library, _SOURCE], check=True)
    file.write_bytes(struct.pack("=q", 0))
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 8) as shift:
        yield ShiftedClock(library, shift, file)
