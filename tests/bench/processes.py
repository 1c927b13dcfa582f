"""Services as processes of their own, and what the system tells of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service_kit.service_process import ServiceProcess
from service_kit.suite import Suite

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def another_filter(suite: Suite, log_folder: Path, **variables: str) -> Iterator[ServiceProcess]:
    """Another FilterService beside a suite's, stopped at the end."""
    ports = {name: suite.services[name].port for name in ("rule", "blacklist")}
    environment = {
        **suite.services["filter"]._environment,
        "GROUPGUARD_LISTEN": "127.0.0.1:0",
        "GROUPGUARD_HEALTH_LISTEN": "127.0.0.1:0",
        "GROUPGUARD_RULE_ADDRESS": f"127.0.0.1:{ports['rule']}",
        "GROUPGUARD_BLACKLIST_ADDRESS": f"127.0.0.1:{ports['blacklist']}",
        **variables,
    }
    with (log_folder / f"filter-{os.urandom(4).hex()}.log").open("wb") as log:
        process = ServiceProcess("filter_service", environment, log)
        process.start()
        try:
            process.wait_ready()
            yield process
        finally:
            process.signal(signal.SIGTERM)
            process.close()


def resident(process: ServiceProcess) -> float:
    """Returns a process's resident memory in MiB."""
    lines = Path(f"/proc/{process.pid}/status").read_text("utf-8").splitlines()
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def cpu_seconds(process: ServiceProcess) -> float:
    """Returns the CPU time that a process has taken."""
    return _seconds(Path(f"/proc/{process.pid}/stat"))


def cpu_seconds_aside(process: ServiceProcess) -> float:
    """Returns the CPU time that a process's threads other than the first have taken, those that are there now."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(_seconds(task / "stat") for task in tasks if int(task.name) != process.pid)


def _seconds(stat: Path) -> float:
    fields = stat.read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
