"""Checks: messages in, verdicts out."""

from typing import TYPE_CHECKING

from filter_service.case import Outcome
from filter_service.convert.message import read_message
from filter_service.convert.verdict import write_verdict
from filter_service.domain.message import MOST_MESSAGES, Message
from filter_service.judge import Judge
from filter_service.servicers.base import Servicer, read_revisions
from groupguard.filter.v1 import filter_service_pb2 as pb
from service_kit.errors import CheckUnavailable, GroupguardError, InvalidFields, invalid
from service_kit.ids import require_id
from service_kit.status import to_status

if TYPE_CHECKING:
    from filter_service.servicers.base import Context

Batch = pb.BatchCheckMessagesRequest | pb.StreamCheckMessagesRequest
Result = pb.BatchCheckMessagesResponse.Result


class CheckingMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _judge: Judge

    async def CheckMessage(
        self, request: pb.CheckMessageRequest, context: "Context"
    ) -> pb.CheckMessageResponse:
        require_id("corp_id", request.corp_id)
        at_least = read_revisions(request)
        message = read_message(request.message, "message", self._clock())
        [verdict] = await self._judge.judge(request.corp_id, [message], *at_least)
        if isinstance(verdict, CheckUnavailable):
            raise verdict
        return pb.CheckMessageResponse(verdict=write_verdict(verdict))

    async def BatchCheckMessages(
        self, request: pb.BatchCheckMessagesRequest, context: "Context"
    ) -> pb.BatchCheckMessagesResponse:
        return await self._check_batch(request)

    async def _check_batch(self, request: Batch) -> pb.BatchCheckMessagesResponse:
        require_id("corp_id", request.corp_id)
        at_least = read_revisions(request)
        if not 1 <= len(request.messages) <= MOST_MESSAGES:
            raise invalid("messages", f"1 to {MOST_MESSAGES} are allowed, not {len(request.messages)}")
        read = self._read(request)
        messages = [item for item in read if isinstance(item, Message)]
        outcomes = iter(await self._judge.judge(request.corp_id, messages, *at_least))
        return pb.BatchCheckMessagesResponse(
            results=[_write_result(next(outcomes) if isinstance(item, Message) else item) for item in read]
        )

    def _read(self, request: Batch) -> list[Message | InvalidFields]:
        now = self._clock()
        read: list[Message | InvalidFields] = []
        for index, message in enumerate(request.messages):
            try:
                read.append(read_message(message, f"messages[{index}]", now))
            except InvalidFields as error:
                read.append(error)
        return read


def _write_result(outcome: Outcome | InvalidFields) -> Result:
    if isinstance(outcome, GroupguardError):
        return Result(error=to_status(outcome, ""))
    return Result(verdict=write_verdict(outcome))
