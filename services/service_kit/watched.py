"""What is read from files, read again when they change: certificates, keys and tokens are exchanged without a restart."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from service_kit.request_log import log

INTERVAL_SECONDS = 1.0
"""A change is seen this much later at most."""

T = TypeVar("T")
_Stamp = tuple[tuple[int, int, int] | None, ...]


class Watched(Generic[T]):
    """Something made of files. It is looked for changes when it is used, from any thread; nothing runs beside it."""

    def __init__(
        self,
        paths: Sequence[Path],
        read: Callable[[], T],
        *,
        interval: float = INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the files for the first time.

        Args:
            paths: the files; what they link to counts, as for mounted Secrets.
            read: makes something of them; raises ValueError with a text that shows no secret.
            interval: seconds between two looks.
            clock: gives seconds.

        Raises:
            ValueError: what `read` raises.
        """
        self._paths = tuple(paths)
        self._read = read
        self._interval = interval
        self._clock = clock
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._value = read()
        self._due = clock() + interval

    def current(self) -> T:
        """Returns what the files hold; what they held before, if they can't be used now, which the log tells once."""
        if self._clock() >= self._due:
            with self._lock:
                self._renew()
        return self._value

    def _renew(self) -> None:
        self._due = self._clock() + self._interval
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        names = [str(path) for path in self._paths]
        try:
            self._value = self._read()
        except ValueError as error:
            log().error("changed files not taken; the old ones hold", files=names, why=str(error))
        else:
            log().info("changed files taken", files=names)

    def _look(self) -> _Stamp:
        return tuple(_stamp(path) for path in self._paths)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
