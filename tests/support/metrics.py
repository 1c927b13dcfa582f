"""What services tell Prometheus, and what docs/metrics.md says that they do."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from support.services import ROOT
from support.valkey import LOOPBACK

_TABLE = re.compile(r"<!-- metrics: .*?\n\|---.*?\n(.*?)<!-- end of metrics -->", re.DOTALL)
SERVICES = frozenset({"rule", "filter", "blacklist"})


@dataclass(frozen=True, slots=True)
class Documented:
    """A row of the table."""

    name: str
    kind: str
    services: frozenset[str]
    labels: frozenset[str]


def documented() -> list[Documented]:
    """Reads the table."""
    table = _TABLE.search((ROOT / "docs/metrics.md").read_text("utf-8"))
    assert table
    rows = [
        [cell.strip("| ") for cell in line.strip().strip("|").split("|")] for line in table[1].splitlines()
    ]
    return [
        Documented(
            name.strip("`"),
            kind,
            SERVICES if of == "all" else frozenset({of}),
            frozenset(re.findall(r"`(\w+)`", labels)),
        )
        for name, kind, of, labels, _ in rows
    ]


def scrape(port: int) -> dict[str, Metric]:
    """Returns what a process tells, by the names that docs/metrics.md uses."""
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name: metric
        for metric in text_string_to_metric_families(text)
    }


def value(metric: Metric, **labels: str) -> float:
    """Returns the sum of a counter's or gauge's samples that have these labels."""
    return sum(it.value for it in metric.samples if labels.items() <= it.labels.items())
