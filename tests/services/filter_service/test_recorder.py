"""Recording never holds up a decision (pitfall 25), and what is lost is counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from filter_service.domain.decision_log import DecisionLog, Masking
from filter_service.domain.snapshot import CorpSettings, Snapshot
from filter_service.domain.verdict import Decision
from filter_service.records.record import MOST_HITS, record_of
from filter_service.records.recorder import COUNT_SECONDS, Recorder
from filter_service.records.store import MOST_PER_BATCH
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.hits_pb2 import LoggedDecision
from groupguard_client import AsyncGroupGuard, text_message
from service_kit.errors import CheckUnavailable
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable
from support.decisions import NOW, TODAY, a_hit, a_message, a_verdict
from support.judging import CHAT, Peers, filter_client, serving, warning
from support.records import Writable
from support.services import eventually

CORP = "ww1"
LOGGING = Snapshot().changed([CorpSettings(decision_log=DecisionLog(enabled=True))], Revision(1, "a"))
SILENT = Snapshot()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds follow each other at once."""
    monkeypatch.setattr("filter_service.records.recorder.WRITE_SECONDS", 0.01)
    monkeypatch.setattr("filter_service.records.recorder.PAUSE_SECONDS", 0.01)


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    work = asyncio.create_task(recorder.run())
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def note(recorder: Recorder, count: int, snapshot: Snapshot = LOGGING) -> None:
    for number in range(count):
        recorder.note(CORP, snapshot, [a_message(f"m{number}")], [a_verdict(a_hit())])


def ids(store: Writable) -> list[str]:
    return [record.message.message_id for _, batch in store.written for record, _ in batch.records]


async def test_a_store_that_hangs_costs_records_and_no_time() -> None:
    """Checks are answered as before; beyond what may wait decisions are dropped, and the next batch tells how many."""
    store = Writable()
    async with serving(Peers(warning("ads", "加微信")), store) as served, filter_client(served.target) as gg:
        served.recorder._most = 50
        async with running(served.recorder):
            usual = await _check(gg, 100)
            await served.recorder.close()
            store.answers.clear()
            store.written.clear()
            hanging = await _check(gg, 200)
            assert hanging < 3 * usual + 0.5
            assert served.recorder.dropped[CORP] == 150
            store.answers.set()

            async def all_written() -> bool:
                return len(ids(store)) == 50

            await eventually(all_written)
            assert sum(batch.judged for _, batch in store.written) == 200
            assert sum(batch.dropped for _, batch in store.written) == 150
            await _check(gg, 1)

            async def next_written() -> bool:
                return len(ids(store)) == 51

            await eventually(next_written)


async def _check(gg: AsyncGroupGuard, count: int) -> float:
    """Returns the seconds that the slowest of some checks took, the first aside."""
    slowest = 0.0
    for number in range(count):
        begun = time.perf_counter()
        message = text_message(CHAT, "wm1", "加微信")
        await gg.filter.CheckMessage(CheckMessageRequest(corp_id=CORP, message=message))
        slowest = max(slowest, time.perf_counter() - begun) if number else 0.0
    return slowest


async def test_a_batch_is_tried_until_the_store_has_it() -> None:
    """The same one, so that the store can tell; what is noted meanwhile comes later."""
    store = Writable()
    recorder = Recorder(store, lambda: NOW)
    store.down = True
    note(recorder, 3)
    async with running(recorder):

        async def tried() -> bool:
            return store.tried >= 3

        await eventually(tried)
        note(recorder, 2)
        store.down = False

        async def all_written() -> bool:
            return len(ids(store)) == 5

        await eventually(all_written)
    assert [len(batch.records) for _, batch in store.written] == [3, 2]
    assert [(batch.day, batch.judged) for _, batch in store.written] == [(TODAY, 3), (TODAY, 2)]


async def test_who_waits_for_what_is_noted_waits_until_the_store_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of one corp, and not for ever."""
    monkeypatch.setattr("filter_service.records.recorder.SETTLING_SECONDS", 0.1)
    store = Writable()
    recorder = Recorder(store, lambda: NOW)
    store.answers.clear()
    note(recorder, MOST_PER_BATCH + 5)
    async with running(recorder):
        await recorder.settle("ww2")
        with pytest.raises(StoreUnavailable, match="decisions wait to be recorded"):
            await recorder.settle(CORP)
        store.answers.set()
        await recorder.settle(CORP)
        assert len(ids(store)) == MOST_PER_BATCH + 5


async def test_a_fault_in_one_batch_does_not_end_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dropped and counted, and the next is written."""
    store = Writable()
    recorder = Recorder(store, lambda: NOW)
    usual = store.write

    async def wrong(*_: object) -> None:
        monkeypatch.setattr(store, "write", usual)
        raise TypeError("a mistake")

    monkeypatch.setattr(store, "write", wrong)
    note(recorder, 2)
    await recorder.close()
    note(recorder, 1)
    await recorder.close()
    assert (recorder.dropped[CORP], len(store.written)) == (2, 1)


async def test_what_is_left_at_the_end_is_written_or_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when recording was broken off in the middle of a batch."""
    monkeypatch.setattr("filter_service.records.recorder.CLOSING_SECONDS", 0.2)
    store = Writable()
    recorder = Recorder(store, lambda: NOW)
    store.answers.clear()
    note(recorder, MOST_PER_BATCH + 5)
    async with running(recorder):

        async def begun() -> bool:
            return store.tried == 1

        await eventually(begun)
    await recorder.close()
    assert store.written == []
    store.answers.set()
    await recorder.close()
    assert ids(store) == [f"m{number}" for number in range(MOST_PER_BATCH + 5)]


async def test_mere_numbers_wait_for_a_record_or_a_while() -> None:
    """A corp in which nothing is hit costs a call now and then, not in every round."""
    store, now = Writable(), NOW
    recorder = Recorder(store, lambda: now)
    async with running(recorder):
        recorder.note("ww quiet", LOGGING, [a_message()], [a_verdict()])
        note(recorder, 1)

        async def written() -> bool:
            return bool(store.written)

        await eventually(written)
        assert [corp_id for corp_id, _ in store.written] == [CORP]
        now += COUNT_SECONDS

        async def counted() -> bool:
            return len(store.written) == 2

        await eventually(counted)
    assert [(corp_id, batch.judged) for corp_id, batch in store.written] == [(CORP, 1), ("ww quiet", 1)]


async def test_a_clock_that_is_set_back_holds_no_number_up() -> None:
    """Nor a complaint: what was noted at a time that is yet to come is due now."""
    store, now = Writable(), NOW + 6 * 3600
    recorder = Recorder(store, lambda: now)
    recorder.note(CORP, LOGGING, [a_message()], [a_verdict()])
    now = NOW
    async with running(recorder):

        async def counted() -> bool:
            return bool(store.written)

        await eventually(counted)
    assert [(corp_id, batch.judged) for corp_id, batch in store.written] == [(CORP, 1)]


async def test_only_verdicts_on_customers_count_and_only_hits_are_kept() -> None:
    """What hit nothing is a number; what has no verdict is nothing; a kick without a hit is kept."""
    store = Writable()
    recorder = Recorder(store, lambda: NOW)
    outcomes = [
        a_verdict(),
        CheckUnavailable("BLACKLIST"),
        a_verdict(decision=Decision.KICK),
        a_verdict(a_hit()),
    ]
    recorder.note(CORP, LOGGING, [a_message(f"m{number}") for number in range(4)], outcomes)
    await recorder.close()
    [(_, batch)] = store.written
    assert (batch.judged, ids(store)) == (3, ["m2", "m3"])


async def test_what_a_corp_does_not_want_logged_is_not_kept_as_text() -> None:
    """It is counted, and nothing of it is written into the log."""
    store = Writable()
    recorder = Recorder(store, lambda: NOW)
    note(recorder, 1, SILENT)
    note(recorder, 1, LOGGING)
    await recorder.close()
    [(silent, nothing), (_, entry)] = store.written[0][1].records
    assert (nothing, silent.texts) == (b"", [])
    assert LoggedDecision.FromString(entry).rules_revision == "7-abc"


def test_a_flood_of_hits_is_cut_and_still_counted() -> None:
    """Of every rule the longest is listed, as far as there is room, then the longest of all."""
    log = DecisionLog(enabled=True, masking=Masking.FULL_TEXT)
    hits = [a_hit(f"r{number % 7}", number % 50 + 1) for number in range(5_000)]
    record = record_of(a_message(), a_verdict(*hits), log, NOW)
    assert record is not None
    listed = record.verdict.hits
    assert (len(listed), record.hit_count, len(record.rules)) == (MOST_HITS, 5_000, 7)
    assert {it.rule.rule_id for it in listed} == {f"r{number}" for number in range(7)}
    assert {it.length for it in listed} == {50}
    many = [a_hit(f"r{number}") for number in range(100)]
    record = record_of(a_message(), a_verdict(*many), log, NOW)
    assert record is not None
    assert (len(record.verdict.hits), len(record.rules)) == (MOST_HITS, 100)


async def test_a_verdict_names_the_revision_that_it_used() -> None:
    """A rule that changes while a message is judged: old hits with the old revision, in answer and log (pitfall 26)."""
    peers = Peers(
        warning("ads", "加微信"),
        CorpSettings(decision_log=DecisionLog(enabled=True, masking=Masking.NO_TEXT)),
    )
    store = Writable()
    async with serving(peers, store) as served, filter_client(served.target) as gg:
        request = CheckMessageRequest(corp_id=CORP, message=text_message(CHAT, "wm1", "加微信"))
        await gg.filter.CheckMessage(request)
        before = peers.revision

        async def changes_meanwhile(*_: object) -> dict[object, object]:
            await served.corps.snapshot(CORP, peers.write(warning("ads", "刷单")))
            return {}

        peers.look_up = changes_meanwhile  # type: ignore[method-assign, assignment]
        verdict = (await gg.filter.CheckMessage(request)).verdict
        assert (verdict.rules_revision, [hit.keyword for hit in verdict.hits]) == (str(before), ["加微信"])
        assert (await served.corps.snapshot(CORP)).revision == peers.revision != before
        await served.recorder.close()
    logged = [LoggedDecision.FromString(entry) for _, batch in store.written for _, entry in batch.records]
    assert [it.rules_revision for it in logged] == [str(before)] * 2
