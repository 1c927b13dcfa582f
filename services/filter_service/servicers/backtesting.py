"""Trying a rule that is not saved on many messages."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from filter_service.backtest import MOST_MESSAGES as MOST_IN_ALL
from filter_service.backtest import Backtest
from filter_service.convert.backtest import write_report
from filter_service.convert.message import read_message
from filter_service.convert.rule import read_draft
from filter_service.domain.message import MOST_MESSAGES, Message
from filter_service.servicers.trying import TryingMethods
from groupguard.filter.v1 import backtest_pb2 as pb
from groupguard.rule.v1.rule_service_pb2 import ValidateRuleResponse
from service_kit.errors import InvalidFields, invalid
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context

_MOST_INVALID = 20
"""Messages that break their form and are told by name."""


class BacktestMethods(TryingMethods):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    async def Backtest(
        self, request_iterator: AsyncIterator[pb.BacktestRequest], context: "Context"
    ) -> pb.BacktestResponse:
        running: _Running | None = None
        async for request in request_iterator:
            if running is None:
                require_id("corp_id", request.corp_id)
                running = _Running(request.corp_id, await self._validated(request, []))
            elif request.HasField("rule"):
                raise invalid("rule", "only the first batch names it")
            await running.take(request, self._clock())
        if running is None:
            raise invalid("rule", "the first batch has to name it, and no batch came")
        return running.response()


class _Running:
    """One backtest under way."""

    def __init__(self, corp_id: str, draft: ValidateRuleResponse) -> None:
        self._corp_id = corp_id
        self._draft = draft
        self._backtest = Backtest(read_draft(draft.rule))
        self._count = 0
        self._invalid = 0
        self._told: list[str] = []

    async def take(self, request: pb.BacktestRequest, now: float) -> None:
        if request.corp_id != self._corp_id:
            raise invalid(
                "corp_id", f"the same in every batch is needed: {self._corp_id!r}, not {request.corp_id!r}"
            )
        if not 1 <= len(request.messages) <= MOST_MESSAGES:
            raise invalid("messages", f"1 to {MOST_MESSAGES} are allowed, not {len(request.messages)}")
        if self._count + len(request.messages) > MOST_IN_ALL:
            raise invalid("messages", f"at most {MOST_IN_ALL} are allowed in all batches together")
        read: list[tuple[int, Message]] = []
        for index, message in enumerate(request.messages, self._count):
            try:
                read.append((index, read_message(message, f"messages[{index}]", now)))
            except InvalidFields as error:
                self._invalid += 1
                if len(self._told) < _MOST_INVALID:
                    self._told.append(str(error))
        self._count += len(request.messages)
        await self._backtest.take(read)

    def response(self) -> pb.BacktestResponse:
        response = write_report(self._backtest.report)
        response.invalid_count = self._invalid
        response.invalid_messages.extend(self._told)
        response.warnings.extend(self._draft.warnings)
        response.rule.CopyFrom(self._draft.rule)
        return response
