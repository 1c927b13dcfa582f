"""The ways in which replicas are asked for verdicts; each verdict is compared with what must come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from groupguard.filter.v1.filter_service_pb2 import (
    BatchCheckMessagesRequest,
    CheckMessageRequest,
    StreamCheckMessagesRequest,
)
from groupguard_client import AsyncGroupGuard
from support.oracle import cases, protos
from support.oracle.corp import Corp
from support.oracle.facts import Expected, MessageFacts
from support.oracle.played import Played

CaseBatch = tuple[Played, cases.Batch]


class Checks:
    """Asks the replicas of a corp."""

    def __init__(self, corp: Corp, replicas: Sequence[AsyncGroupGuard]) -> None:
        self._corp = corp
        self._replicas = replicas

    async def by_calls(self, case: Played, batch: cases.Batch) -> None:
        """Sends each message of a batch by a call of its own."""
        service = self._replicas[batch.replica].filter
        for message in batch.messages:
            [expected] = case.judge([message])
            request = CheckMessageRequest(
                corp_id=self._corp.id,
                message=protos.message(message),
                min_rules_revision=self._corp.rules_token,
                min_blacklist_revision=self._corp.lists_token,
            )
            case.compare(message, (await service.CheckMessage(request)).verdict, expected)
            await self._corp.catch_up([case])

    async def by_stream(self, replica: int, batches: Sequence[CaseBatch]) -> None:
        """Sends each message for itself, too, but all on one stream."""
        requests: asyncio.Queue[StreamCheckMessagesRequest | None] = asyncio.Queue()
        answers = aiter(self._replicas[replica].filter.StreamCheckMessages(_until_none(requests)))
        try:
            for case, message in _taking_turns(batches):
                [expected] = case.judge([message])
                requests.put_nowait(
                    StreamCheckMessagesRequest(
                        corp_id=self._corp.id,
                        messages=[protos.message(message)],
                        min_rules_revision=self._corp.rules_token,
                        min_blacklist_revision=self._corp.lists_token,
                    )
                )
                answer = await anext(answers)
                assert not answer.HasField("error"), f"case {case.number}: {answer.error}"
                case.compare(message, answer.results.results[0].verdict, expected)
                await self._corp.catch_up([case])
        finally:
            requests.put_nowait(None)
        assert await anext(answers, None) is None, "more answers than messages"

    async def in_a_batch(self, replica: int, batches: Sequence[CaseBatch]) -> None:
        """Sends the batches of several cases as one."""
        wanted: dict[int, list[Expected]] = {}
        for case, batch in batches:
            wanted[case.number] = case.judge(list(batch.messages))
        lines = list(_taking_turns(batches))
        request = BatchCheckMessagesRequest(
            corp_id=self._corp.id,
            messages=[protos.message(message) for _, message in lines],
            min_rules_revision=self._corp.rules_token,
            min_blacklist_revision=self._corp.lists_token,
        )
        answer = await self._replicas[replica].filter.BatchCheckMessages(request)
        for (case, message), result in zip(lines, answer.results, strict=True):
            case.compare(message, result.verdict, wanted[case.number].pop(0))

    async def event(self, case: Played, step: cases.Event) -> None:
        """Tells of somebody who joins or renames."""
        expected = case.judge_event(step.event)
        request = protos.event(step.event, self._corp.id, self._corp.rules_token)
        request.min_blacklist_revision = self._corp.lists_token
        answer = await self._replicas[step.replica].filter.CheckMember(request)
        case.compare(step.event, answer.verdict, expected)


def _taking_turns(batches: Sequence[CaseBatch]) -> list[tuple[Played, MessageFacts]]:
    """Returns the first message of each case, then the second, and so on."""
    lines = [(nth, case, message) for case, batch in batches for nth, message in enumerate(batch.messages)]
    return [(case, message) for _, case, message in sorted(lines, key=lambda line: line[0])]


async def _until_none(
    requests: asyncio.Queue[StreamCheckMessagesRequest | None],
) -> AsyncIterator[StreamCheckMessagesRequest]:
    while (request := await requests.get()) is not None:
        yield request
