"""One Valkey process that dies with its owner."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from service_kit.embedded import shim
from service_kit.embedded.binary import valkey_binary
from service_kit.embedded.config import Directive, render
from service_kit.embedded.errors import EmbeddedStoreError, ServerDied
from service_kit.embedded.readiness import LoadProgress, probe

_STOP_TIMEOUT: Final = 10.0
"""Seconds that a server has to end by itself."""
_REPORT_INTERVAL: Final = 1.0
"""Seconds between two reports of progress."""
_LOG_TAIL: Final = 2_000
"""Bytes of the log that an error shows."""


class ValkeyServer:
    """A Valkey process in a folder of its own, with its configuration, socket and log in there."""

    def __init__(
        self,
        name: str,
        folder: Path,
        directives: Iterable[Directive],
        *,
        inherited: Sequence[int] = (),
        arguments: Sequence[str] = (),
    ) -> None:
        """Describes the server; nothing is started.

        Args:
            name: how errors and progress reports call it.
            folder: existing and absolute; becomes the server's working directory.
            directives: its configuration, without ``dir``; must name the unix socket ``socket_in(folder)``.
            inherited: descriptors that the process keeps open as long as it lives.
            arguments: further arguments of ``valkey-server``.
        """
        self.name = name
        self.socket = socket_in(folder)
        self._folder = folder
        self._directives = (("dir", os.fspath(folder)), ("locale-collate", "C"), *directives)
        self._inherited = inherited
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None while the server does not run."""
        return self._process.pid if self._process is not None and self.is_running() else None

    def is_running(self) -> bool:
        """Tells whether the process lives; it may still be loading."""
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Starts the process and does not wait for it.

        Raises:
            EmbeddedStoreError: called outside the main thread.
            EmbeddedStoreUnavailable: there is no binary.
        """
        if threading.current_thread() is not threading.main_thread():
            # The kernel kills the server when the *thread* that started it ends.
            raise EmbeddedStoreError(f"the {self.name} server can be started by the main thread only")
        binary = valkey_binary()
        config, text = self._folder / "valkey.conf", render(self._directives)
        if not config.exists() or config.read_text(encoding="ascii") != text:
            # Not at every start: a disk that is full shall not keep a server from reading what it has.
            config.write_text(text, encoding="ascii")
        log = self._folder / "valkey.log"
        if log.exists():
            log.replace(log.with_suffix(".log.previous"))
        command = [
            sys.executable,
            "-I",
            "-S",
            shim.__file__,
            str(os.getpid()),
            os.fspath(binary),
            os.fspath(config),
        ]
        # Valkey writes errors in its configuration to stderr, so its whole log goes there.
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self._inherited,
                start_new_session=True,  # Ctrl-C is for the owner, who then stops the server in order
            )

    def wait_ready(self, on_progress: Callable[[LoadProgress], None] | None = None) -> None:
        """Waits, as long as the process lives, until the server answers.

        Args:
            on_progress: called about once a second while the server loads its append-only file.

        Raises:
            ServerDied: the process ended.
        """
        next_report = 0.0
        while (state := probe(self.name, self.socket)) is not True or not self.is_running():
            if not self.is_running():
                raise ServerDied(
                    f"the {self.name} server ended while it was starting; its log says:\n{self._log_tail()}"
                )
            if isinstance(state, LoadProgress) and on_progress and time.monotonic() >= next_report:
                on_progress(state)
                next_report = time.monotonic() + _REPORT_INTERVAL
            time.sleep(0.02)

    def terminate(self) -> None:
        """Asks the process to end in order; does not wait."""
        if self._process is not None:
            self._process.terminate()

    def wait_stopped(self) -> None:
        """Waits for the end of the process and kills it when that takes longer than 10 s."""
        if self._process is None:
            return
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _log_tail(self) -> str:
        log = (self._folder / "valkey.log").read_bytes()
        return log[-_LOG_TAIL:].decode("utf-8", "replace").strip() or "(nothing)"


def socket_in(folder: Path) -> Path:
    """Where the server of ``folder`` listens; the name is short because socket paths are limited."""
    return folder / "s.sock"
