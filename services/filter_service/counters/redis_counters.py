"""Counters in the ephemeral store: one script call for up to 200 messages."""

from collections.abc import Sequence

from filter_service.counters.wire import Call
from filter_service.domain.counting import Answer, Question
from service_kit.redis_client import StoreClient
from service_kit.request_log import log
from service_kit.revision import Revision
from service_kit.scripts import Scripts
from service_kit.store_errors import StoreUnavailable

PER_CALL = 200
"""Messages counted by one script call: the store serves nobody else meanwhile."""


class RedisCounters:
    """See `Counters`; layout.py tells where everything is."""

    def __init__(self, client: StoreClient) -> None:
        self._scripts = Scripts(client, "filter_service")

    async def count(
        self, corp_id: str, revision: Revision, now_ms: int, questions: Sequence[Question]
    ) -> list[Answer]:
        answers: list[Answer] = []
        for start in range(0, len(questions), PER_CALL):
            part = questions[start : start + PER_CALL]
            try:
                answers += await self._count(Call(corp_id, revision, now_ms), part)
            except StoreUnavailable as error:
                log().warning("messages not counted", corp_id=corp_id, messages=len(part), why=str(error))
                answers += [None] * len(part)
        return answers

    async def _count(self, call: Call, questions: Sequence[Question]) -> list[Answer]:
        for question in questions:
            call.add(question)
        return call.read(await self._scripts.run("count", call.keys, call.arguments))
