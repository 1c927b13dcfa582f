"""A service as the child process of a supervisor.

A child dies with its supervisor, whatever ends that. A child that dies is started again on the port it had, so that
clients find it where it was.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO

from service_kit.embedded import shim

READY_SECONDS = 30.0
"""How long a service may take to accept calls."""
STOP_SECONDS = 15.0
"""How long a service may take to stop in order; drain and grace are shorter."""
_LEAST_LIFE_SECONDS = 1.0
"""A service that died is started again no sooner than this after its last start."""


class ServiceFailed(Exception):
    """A service ended, or did not become ready."""


class ServiceProcess:
    """One service in a process of its own. Started by the main thread only: its life hangs on that thread's."""

    def __init__(self, module: str, environment: Mapping[str, str], errors: IO[bytes] | None = None) -> None:
        """Describes the process; nothing is started.

        Args:
            module: what to run, as `rule_service`.
            environment: its variables, besides those of this process.
            errors: where its standard error goes; to this process's if None.
        """
        self.module = module
        self.port = 0
        """Port of its gRPC server, once it was ready."""
        self.health_port = 0
        self.metrics_port = 0
        """Port of its metrics; 0 if it serves none."""
        self._environment = dict(environment)
        self._errors = errors
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._ready = threading.Event()

    @property
    def pid(self) -> int | None:
        """Process id; None before the first start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, on the ports it had if it ran before; `wait_ready` waits for it."""
        self._ready.clear()
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", shim.__file__, str(os.getpid()), sys.executable, "-m", self.module],
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is for the supervisor, which stops its children in order
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Takes in the ready line; what else comes on standard output is not ours to keep."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                if line.startswith(b"ready "):
                    ready = json.loads(line.removeprefix(b"ready "))
                    self.port, self.health_port = ready["port"], ready["health_port"]
                    self.metrics_port = ready.get("metrics_port", 0)
                    self._keep("GROUPGUARD_LISTEN", self.port)
                    self._keep("GROUPGUARD_HEALTH_LISTEN", self.health_port)
                    if self.metrics_port:
                        self._keep("GROUPGUARD_METRICS_LISTEN", self.metrics_port)
                    self._ready.set()

    def _keep(self, variable: str, port: int) -> None:
        """Has the next start take the port that this one took."""
        host = {**os.environ, **self._environment}.get(variable, "").rpartition(":")[0]
        self._environment[variable] = f"{host or '127.0.0.1'}:{port}"

    def wait_ready(self) -> None:
        """Waits until the service accepts calls.

        Raises:
            ServiceFailed: it ended, or took too long.
        """
        until = time.monotonic() + READY_SECONDS
        while not self._ready.wait(0.02):
            if not self.is_running():
                raise ServiceFailed(f"{self.module} ended with exit code {self.exit_code}")
            if time.monotonic() > until:
                raise ServiceFailed(f"{self.module} is not ready after {READY_SECONDS:g} s")

    def is_running(self) -> bool:
        """Tells whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the process ended; None while it lives."""
        return self._process.poll() if self._process else None

    def ensure_running(self) -> bool:
        """Starts the process again if it died; tells whether it did. Soon after a start it waits for a later call."""
        if self.is_running() or time.monotonic() < self._started_at + _LEAST_LIFE_SECONDS:
            return False
        self.start()
        return True

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if there is a process to get it."""
        if self._process is not None and self.is_running():
            self._process.send_signal(number)

    def wait_stopped(self) -> None:
        """Waits until the process has ended; kills it if that takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
