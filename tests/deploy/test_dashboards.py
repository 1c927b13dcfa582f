"""Alerts and dashboard: they ask for what the services tell, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from groupguard.blacklist.v1 import blacklist_service_pb2
from groupguard.filter.v1 import filter_service_pb2
from groupguard.rule.v1 import rule_service_pb2
from support.metrics import Documented, documented
from support.services import ROOT

ALERTS = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text("utf-8"))["groups"]
BOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/groupguard.json").read_text("utf-8"))

TOLD = {it.name: it for it in documented()}
HISTOGRAM = ("_bucket", "_sum", "_count")
SCRAPE_LABELS = {"job", "instance", "namespace", "pod"}
"""What Prometheus and its operator add to every sample."""
_WORD = re.compile(r"[a-zA-Z_:][\w:]*")
_MATCHER = re.compile(r"""(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)\"""")
_GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


def alerts() -> Iterator[Any]:
    for group in ALERTS:
        yield from group["rules"]


def queries() -> Iterator[tuple[str, str]]:
    """All expressions, with where they stand."""
    for alert in alerts():
        yield alert["alert"], alert["expr"]
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for variable in BOARD["templating"]["list"]:
        if variable["type"] == "query":
            name, _, label = variable["query"].removeprefix("label_values(").removesuffix(")").partition(", ")
            yield variable["name"], f"sum by ({label}) ({name})"


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names: every word that is no function, keyword, label or text."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expression)
    bare = _GROUPING.sub("", bare)
    functions = set(re.findall(r"([a-z_]\w*)\s*\(", bare))
    return set(_WORD.findall(bare)) - functions - {"sum", "by", "max", "and", "or", "unless"}


def documented_as(metric: str) -> Documented | None:
    """The row of a metric; of a histogram's parts, the histogram's."""
    if metric in TOLD:
        return TOLD[metric]
    for ending in HISTOGRAM:
        row = TOLD.get(metric.removesuffix(ending))
        if metric.endswith(ending) and row is not None and row.kind == "histogram":
            return row
    return None


def test_metrics_are_found_in_an_expression() -> None:
    """Otherwise the tests below would see nothing."""
    expression = 'sum by (job) (rate(a_total{b="c"}[5m])) / max(histogram_quantile(0.9, d)) > 1'
    assert metrics_in(expression) == {"a_total", "d"}


@pytest.mark.parametrize(("place", "expression"), list(queries()))
def test_every_query_names_metrics_and_labels_that_exist(place: str, expression: str) -> None:
    named = metrics_in(expression)
    assert named
    labels = set(SCRAPE_LABELS)
    for metric in named - {"up"}:
        row = documented_as(metric)
        assert row, f"{place}: {metric} is not documented"
        labels |= row.labels | ({"le"} if row.kind == "histogram" else set())
    asked = {name for name, _ in _MATCHER.findall(expression)}
    asked |= {name.strip() for names in _GROUPING.findall(expression) for name in names.split(",")}
    assert asked <= labels, place


@pytest.mark.parametrize(("place", "expression"), list(queries()))
def test_rates_are_taken_of_what_only_grows(place: str, expression: str) -> None:
    """And of all of that: a counter by itself says how old the process is."""
    rated = set(re.findall(r"\b(?:rate|increase)\(\s*(\w+)", expression))
    for metric in metrics_in(expression) - {"up"}:
        row = documented_as(metric)
        assert row
        assert (metric in rated) is (row.kind != "gauge"), f"{place}: {metric}"


def test_every_metric_of_ours_is_on_the_dashboard_or_alerts() -> None:
    """What nobody looks at need not be counted; published sizes are there to be asked for."""
    looked_at = {
        row.name
        for _, expression in queries()
        for metric in metrics_in(expression)
        if (row := documented_as(metric))
    }
    ours = {name for name in TOLD if name.startswith("groupguard_")}
    assert {name for name in ours - looked_at if "_filters_published_" not in name} == set()


def test_every_alert_says_how_bad_it_is_and_what_is_wrong() -> None:
    """In words that name only labels which the expression leaves."""
    names = [alert["alert"] for alert in alerts()]
    assert len(set(names)) == len(names)
    for alert in alerts():
        assert alert["labels"]["severity"] in ("critical", "warning")
        summary = alert["annotations"]["summary"]
        kept = {
            name.strip() for names in _GROUPING.findall(alert["expr"]) for name in names.split(",")
        } or SCRAPE_LABELS
        assert set(re.findall(r"\$labels\.(\w+)", summary)) <= kept, alert["alert"]


def test_every_alert_is_explained() -> None:
    page = (ROOT / "docs/metrics.md").read_text("utf-8").partition("## Alerts")[2]
    assert re.findall(r"`(Groupguard\w+)`", page) == [alert["alert"] for alert in alerts()]


def test_methods_that_are_asked_for_exist() -> None:
    """A pattern that fits no method would never fire."""
    methods = {f"{service.full_name}/{method.name}" for service in services() for method in service.methods}
    for place, expression in queries():
        for label, pattern in _MATCHER.findall(expression):
            if label == "method":
                assert [it for it in methods if re.fullmatch(pattern, it)], place


def services() -> Iterator[Any]:
    for module in (blacklist_service_pb2, filter_service_pb2, rule_service_pb2):
        yield from module.DESCRIPTOR.services_by_name.values()


def test_panels_lie_side_by_side() -> None:
    """In a grid of 24 columns, none over another."""
    cells = [
        (x, y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
