"""Checks in a stream: a batch, its verdicts, the next batch."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from google.rpc import code_pb2, status_pb2

from filter_service.servicers.checking import CheckingMethods
from filter_service.streams import Streams
from groupguard.filter.v1 import filter_service_pb2 as pb
from service_kit import deadline
from service_kit.errors import CallTooLong, GroupguardError
from service_kit.request_log import log
from service_kit.status import to_status

if TYPE_CHECKING:
    from filter_service.servicers.base import Context

BATCH_SECONDS = 10.0
"""A batch may take no longer."""
Response = pb.StreamCheckMessagesResponse


class StreamingMethods(CheckingMethods):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _streams: Streams

    async def StreamCheckMessages(
        self,
        request_iterator: AsyncIterator[pb.StreamCheckMessagesRequest | GroupguardError],
        context: "Context",
    ) -> AsyncIterator[Response]:
        """Judges in turn: what a sender's messages count for depends on their order."""
        async for batch in self._streams.until_ended(request_iterator):
            yield await self._answer(batch)

    async def _answer(self, batch: pb.StreamCheckMessagesRequest | GroupguardError) -> Response:
        """Answers a batch; what fails concerns it alone."""
        deadline.set_remaining(BATCH_SECONDS)
        limit = asyncio.timeout(BATCH_SECONDS)
        try:
            if isinstance(batch, GroupguardError):
                raise batch
            async with limit:
                return Response(results=await self._check_batch(batch))
        except TimeoutError as error:
            return Response(error=_told(CallTooLong(BATCH_SECONDS) if limit.expired() else error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the next batch shall be judged
            return Response(error=_told(error))


def _told(error: Exception) -> status_pb2.Status:
    call = secrets.token_hex(4)
    status = to_status(error, call)
    if status.code == code_pb2.INTERNAL:
        log().error("batch not judged", call=call, exc_info=error)
    return status
