"""A service as the child process of a supervisor.

A child dies with its supervisor, whatever ends that. A child that dies is started again on the ports it had, which nobody
gets meanwhile, so that clients find it where it was.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from service_kit.embedded import shim
from service_kit.held_ports import HeldPorts

READY_SECONDS = 30.0
"""How long a service may take to accept calls."""
STOP_SECONDS = 15.0
"""How long a service may take to stop in order; drain and grace are shorter."""
_LEAST_LIFE_SECONDS = 1.0
"""A service that died is started again no sooner than this after its last start."""
_LISTENERS = {
    "GROUPGUARD_LISTEN": "",
    "GROUPGUARD_HEALTH_LISTEN": "127.0.0.1:0",
    "GROUPGUARD_METRICS_LISTEN": "",
}
"""The variables that say where a service listens, with what holds where they are not set; empty: nowhere."""


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
        self._held = HeldPorts()
        self._started_at = 0.0
        self._ready = threading.Event()

    @property
    def pid(self) -> int | None:
        """Process id; None before the first start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, on the ports it had if it ran before; `wait_ready` waits for it."""
        self._choose_ports()
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

    def _choose_ports(self) -> None:
        """Puts ports in the place of 0, so that each start finds the same."""
        told = {**_LISTENERS, **os.environ, **self._environment}
        for variable in _LISTENERS:
            host, _, port = told[variable].rpartition(":")
            if port == "0":
                with suppress(OSError):  # the service tells what is wrong with the host
                    self._environment[variable] = f"{host}:{self._held.take(host)}"

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Takes in the ready line; what else comes on standard output is not ours to keep."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                if line.startswith(b"ready "):
                    ready = json.loads(line.removeprefix(b"ready "))
                    self.port, self.health_port = ready["port"], ready["health_port"]
                    self.metrics_port = ready.get("metrics_port", 0)
                    self._ready.set()

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

    def close(self) -> None:
        """Waits until the process has ended, as `wait_stopped` does, and lets its ports go: it is not started again."""
        self.wait_stopped()
        self._held.close()
