"""P4: whole decisions in batches of 100, against the same batches through an empty handler."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bench.checking import COUNTED_GROUPS, GROUPS, KEYWORDS, RULES, TOKEN, batches, services
from bench.driving import drive
from bench.messages import SOURCE
from bench.row import Figure, Must, Row
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesResponse

_BATCHES, _IN_FLIGHT = 200, 4
_METHOD = "BatchCheckMessages"


def _measure() -> Iterator[Figure]:
    with services() as running:
        start = 0
        for name, process in (("an empty handler", running.empty), ("whole decisions", running.filter)):
            pid = process.popen.pid
            warm, sent = batches(20, start), batches(_BATCHES, start + 20 * GROUPS)
            start += (_BATCHES + 20) * GROUPS
            asyncio.run(drive(process.target, _METHOD, warm, _IN_FLIGHT, pid, TOKEN))
            driven = asyncio.run(drive(process.target, _METHOD, sent, _IN_FLIGHT, pid, TOKEN))
            must = Must(45_000, at_least=True) if process is running.filter else None
            yield Figure(
                name, "throughput, client and stores on the same cores", driven.rate * GROUPS, "/s", must
            )
            yield Figure(name, "processor time of the server", driven.cpu / GROUPS * 1e6, "µs/decision")
            yield Figure(name, "so many a second on a core of its own", GROUPS / driven.cpu, "/s")
            if process is running.filter:
                yield from _shares(driven.answers)


def _shares(answers: list[bytes]) -> Iterator[Figure]:
    verdicts = [
        it.verdict for answer in answers for it in BatchCheckMessagesResponse.FromString(answer).results
    ]
    hit = sum(bool(verdict.hits) for verdict in verdicts)
    counted = sum(bool(verdict.allowances) for verdict in verdicts)
    assert counted == len(verdicts) * COUNTED_GROUPS // GROUPS, "not every fifth message was counted"
    yield Figure("whole decisions", "messages that hit a rule", 100 * hit / len(verdicts), "%")


ROW = Row(
    name="batch",
    title="P4, batches of 100 whole decisions",
    about=(
        f"{_BATCHES} batches of 100 messages ({SOURCE}), {_IN_FLIGHT} in flight, to a FilterService process with tokens: {RULES} rules of "
        f"{KEYWORDS} FOLDED keywords and a length, two of them with pages, all bound to {GROUPS} groups; a frequency rule in "
        f"{COUNTED_GROUPS} of them, which every fifth message is sent in; blacklists looked at. Client, stores and the other services run on the same cores."
    ),
    measure=_measure,
    repetitions=3,
)
