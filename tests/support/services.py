"""Running services: in this process, or as the real process that an operator would start."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc

from service_kit import auth
from service_kit.embedded import shim
from service_kit.health import PROCESS, SERVING, Health
from service_kit.interceptor import CallInterceptor, CallPolicy
from support.processes import wait_until
from support.valkey import LOOPBACK, short_folder

ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0
"""Seconds for a process to become ready, and to end."""


@asynccontextmanager
async def in_process(
    service: str,
    register: Callable[[grpc.aio.Server], None],
    permissions: Mapping[str, frozenset[str]],
    *,
    tokens: auth.Callers | None = None,
    longest_call: float = 30.0,
    **limits: Any,
) -> AsyncIterator[str]:
    """Serves through the real interceptor on a free port of loopback; yields its target.

    Args:
        service: full name of the gRPC service.
        register: adds the servicer.
        permissions: role kinds by method name, as in the service's ``access.py``.
        tokens: the tokens it knows; None asks for none.
        longest_call: seconds after which a unary call is ended.
        limits: what else the policy says.
    """
    rows = {f"/{service}/{method}": roles for method, roles in permissions.items()}
    interceptor = CallInterceptor(CallPolicy(rows, tokens, longest_call, log_sample=0, **limits))
    server = grpc.aio.server(interceptors=[interceptor], options=[("grpc.so_reuseport", 0)])
    register(server)
    health = Health([], {})
    await health.set(PROCESS, SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    await server.start()
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        health.end_watches()
        await server.stop(0)


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A service that runs as a process of its own and has said that it is ready, or has ended."""

    popen: subprocess.Popen[bytes]
    folder: Path

    @property
    def ready(self) -> dict[str, Any]:
        """What the process printed when it was ready; empty before."""
        for line in self.output.splitlines():
            if line.startswith("ready "):
                told: dict[str, Any] = json.loads(line.removeprefix("ready "))
                return told
        return {}

    @property
    def target(self) -> str:
        """Where it serves."""
        return f"{LOOPBACK}:{self.ready['port']}"

    @property
    def health_target(self) -> str:
        """Where it serves nothing but health."""
        return f"{LOOPBACK}:{self.ready['health_port']}"

    @property
    def output(self) -> str:
        """Standard output up to now."""
        return (self.folder / "out").read_text("utf-8")

    @property
    def log(self) -> str:
        """Standard error up to now: the log."""
        return (self.folder / "err").read_text("utf-8")

    def terminate(self) -> None:
        """Asks it to end, as Kubernetes does."""
        self.popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it on the spot."""
        self.popen.kill()

    def wait(self, seconds: float = _PATIENCE) -> int:
        """Waits for its end and returns its exit code."""
        return self.popen.wait(seconds)


@contextmanager
def launched(module: str, environment: Mapping[str, str]) -> Iterator[ServiceProcess]:
    """Starts ``python -W error -m <module>`` and does not wait for anything; it dies with the test.

    Args:
        module: ``rule_service``, ``filter_service`` or ``blacklist_service``.
        environment: its settings; of this process's environment it gets nothing. It listens on a free port of
            loopback unless GROUPGUARD_LISTEN says otherwise.
    """
    path = os.pathsep.join(str(ROOT / folder) for folder in ("services", "clients"))
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "GROUPGUARD_LISTEN": f"{LOOPBACK}:0",
        **environment,
    }
    # The shim has the kernel kill the process when this one dies, however it dies.
    command = [sys.executable, "-I", "-S", shim.__file__, str(os.getpid())]
    command += [sys.executable, "-W", "error", "-m", module]
    with (
        short_folder() as folder,
        (folder / "out").open("wb") as out,
        (folder / "err").open("wb") as err,
        subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=err) as popen,
    ):
        try:
            yield ServiceProcess(popen, folder)
        finally:
            popen.kill()


@contextmanager
def running(module: str, environment: Mapping[str, str]) -> Iterator[ServiceProcess]:
    """Starts a service as `launched` does and waits until it is ready.

    Raises:
        AssertionError: it ended or was not ready in time; the text holds its log.
    """
    with launched(module, environment) as process:
        wait_until(lambda: bool(process.ready) or process.popen.poll() is not None, _PATIENCE)
        assert process.ready, f"{module} is not ready (exit code {process.popen.poll()}):\n{process.log}"
        yield process


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 10.0) -> None:
    """Waits until an async condition holds.

    Raises:
        AssertionError: it does not come to that.
    """
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        await asyncio.sleep(0.02)
