"""Open streams do not hold up the end of a process, and lose nothing by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

from groupguard.filter.v1.filter_service_pb2 import StreamCheckMessagesRequest
from groupguard.filter.v1.hits_pb2 import WatchHitsRequest
from groupguard.filter.v1.verdict_pb2 import DECISION_WARN
from groupguard_client import Addresses, GroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from support.corp import CHAT, Corp
from support.services import running

GRACE_SECONDS = "30"
"""Longer than the test waits: what ends sooner did not need it."""


def test_a_process_that_is_told_to_stop_ends_its_streams(
    corp: Corp, addresses: Addresses, suite_store: EmbeddedStore
) -> None:
    """A stream of checks with nothing to answer, and a watch of hits: both end without an error."""
    corp.rule("加微信")
    environment = {
        "GROUPGUARD_EPHEMERAL_URL": suite_store.ephemeral_url,
        "GROUPGUARD_RULE_ADDRESS": addresses.rule,
        "GROUPGUARD_BLACKLIST_ADDRESS": addresses.blacklist,
        "GROUPGUARD_DRAIN_SECONDS": "0",
        "GROUPGUARD_GRACE_SECONDS": GRACE_SECONDS,
    }
    sending: SimpleQueue[StreamCheckMessagesRequest | None] = SimpleQueue()
    with (
        running("filter_service", environment) as replica,
        GroupGuard(Addresses(addresses.rule, replica.target, addresses.blacklist)) as gg,
    ):
        watch = gg.filter.WatchHits(WatchHitsRequest(corp_id=corp.id))
        next(watch)
        checks = gg.filter.StreamCheckMessages(iter(sending.get, None))
        message = text_message(CHAT, "wm1", "加微信")
        sending.put(
            StreamCheckMessagesRequest(corp_id=corp.id, messages=[message], min_rules_revision=corp.token)
        )
        [result] = next(checks).results.results
        assert result.verdict.decision == DECISION_WARN
        rests: list[list[object]] = []
        readers = [threading.Thread(target=_read, args=(stream, rests)) for stream in (watch, checks)]
        for reader in readers:
            reader.start()
        begun = time.monotonic()
        replica.terminate()
        assert replica.wait() == 0
        assert time.monotonic() - begun < float(GRACE_SECONDS) / 2
        for reader in readers:
            reader.join(10)
        sending.put(None)
    assert len(rests) == 2, "a stream ended with an error"


def _read(stream: Iterator[object], rests: list[list[object]]) -> None:
    rests.append(list(stream))
