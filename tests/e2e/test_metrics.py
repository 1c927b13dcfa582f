"""What the three services tell Prometheus about what was just done with them."""

from __future__ import annotations

import grpc
import pytest
from prometheus_client.metrics_core import Metric

from groupguard.blacklist.v1.filter_pb2 import RebuildFilterRequest
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK
from groupguard_client import text_message
from service_kit.suite import Suite
from support.corp import CHAT, CUSTOMER, Corp
from support.metrics import documented, scrape, value
from support.processes import wait_until

CHECK = "groupguard.filter.v1.FilterService/CheckMessage"
Scraped = dict[str, dict[str, Metric]]


def scraped(suite: Suite) -> Scraped:
    """What each service tells now."""
    return {name: scrape(service.metrics_port) for name, service in suite.services.items()}


def grown(metric: str, before: Scraped, after: Scraped, service: str = "filter", **labels: str) -> float:
    """By how much a metric grew."""
    return value(after[service][metric], **labels) - value(before[service][metric], **labels)


def work(corp: Corp) -> None:
    """Does something of everything: rules, verdicts, blacklists, a filter, a call that fails."""
    corp.rule("微商", kind=ACTION_KIND_KICK)
    corp.blacklist("wmListed")
    list(corp.gg.blacklist.RebuildFilter(RebuildFilterRequest(corp_id=corp.id)))
    assert corp.say("微商加我").effects.kick
    corp.say("你好")
    corp.say("你好", by="wmListed")
    with pytest.raises(grpc.RpcError):
        corp.gg.filter.CheckMessage(CheckMessageRequest(message=text_message(CHAT, CUSTOMER, "你好")))


def test_every_documented_metric_is_told_and_no_other(suite: Suite, corp: Corp) -> None:
    work(corp)
    told = {
        (
            service,
            name,
            metric.type,
            frozenset(label for it in metric.samples for label in it.labels) - {"le"},
        )
        for service, metrics in scraped(suite).items()
        for name, metric in metrics.items()
        if metric.samples
    }
    assert told == {(service, it.name, it.kind, it.labels) for it in documented() for service in it.services}


def test_numbers_follow_what_was_done(suite: Suite, corp: Corp) -> None:
    before = scraped(suite)
    work(corp)
    wait_until(lambda: grown("groupguard_records_written_total", before, scraped(suite)) >= 2, 10)
    after = scraped(suite)
    assert grown("groupguard_calls_total", before, after, method=CHECK, code="OK") == 3
    assert grown("groupguard_calls_total", before, after, method=CHECK, code="INVALID_ARGUMENT") == 1
    assert grown("groupguard_verdicts_total", before, after, decision="kick", reason="rule_hit") == 1
    assert grown("groupguard_verdicts_total", before, after, decision="allow", reason="no_hit") == 1
    assert grown("groupguard_verdicts_total", before, after, reason="enterprise_blacklist") == 1
    assert grown("groupguard_blacklist_lookups_total", before, after) == 3
    assert grown("groupguard_snapshot_corps", before, after) == 1
    assert grown("groupguard_snapshot_fetches_total", before, after, outcome="whole") >= 1
    assert grown("groupguard_filters_published_total", before, after, "blacklist") >= 1
    assert value(after["rule"]["groupguard_rule_watchers"]) >= 1
    assert value(after["filter"]["groupguard_snapshot_oldest_confirmed_seconds"]) < 20
    behind = "groupguard_snapshot_revisions_behind"
    assert wait_until(lambda: value(scraped(suite)["filter"][behind]) == 0, 10)


def test_a_histogram_counts_every_call_once(suite: Suite, corp: Corp) -> None:
    corp.say("你好")
    metrics = scrape(suite.services["filter"].metrics_port)
    times = [it for it in metrics["groupguard_call_seconds"].samples if it.labels["method"] == CHECK]
    buckets = [it.value for it in times if it.name.endswith("_bucket")]
    [count] = [it.value for it in times if it.name.endswith("_count")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == count == value(metrics["groupguard_calls_total"], method=CHECK)


def test_no_metric_names_a_corp_a_group_or_a_person(suite: Suite, corp: Corp) -> None:
    """Labels are few and known, however many corps there are."""
    work(corp)
    words = [
        word
        for metrics in scraped(suite).values()
        for metric in metrics.values()
        for sample in metric.samples
        for word in sample.labels.values()
    ]
    for secret in (corp.id, CHAT, CUSTOMER, "wmListed", "微商"):
        assert not [word for word in words if secret in word]
