"""Checking any number of messages in one stream.

What a server did not answer, because it shut down or the connection broke, is sent again, to another one if there is
one: a message_id that was judged before gets the verdict that it got.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING

import grpc

from groupguard.filter.v1.filter_service_pb2 import (
    BatchCheckMessagesResponse,
    StreamCheckMessagesRequest,
    StreamCheckMessagesResponse,
)
from groupguard.filter.v1.message_pb2 import Message

if TYPE_CHECKING:
    from groupguard.filter.v1.filter_service_pb2_grpc import FilterServiceStub

Result = BatchCheckMessagesResponse.Result
MOST_MESSAGES = 200
"""In one batch, unless they are too many bytes."""
MOST_BYTES = 2 * 1024 * 1024
"""In one batch; a server takes twice as many."""
AHEAD = 2
"""Batches on their way without an answer: while one is judged the next travels."""
MOST_FAILURES = 5
"""Streams in a row that brought no answer; the last one's failure is the caller's."""
_PAUSE_SECONDS = 0.2
_WORTH_ANOTHER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def check_messages(
    stub: "FilterServiceStub",
    corp_id: str,
    messages: Iterable[Message],
    *,
    min_rules_revision: str = "",
    min_blacklist_revision: str = "",
) -> Iterator[Result]:
    """Yields a result for each message, in their order; messages are taken as results are, some hundred ahead.

    A batch that was refused as a whole gives each of its messages the same error.

    Args:
        stub: of FilterService.
        corp_id: whose messages.
        messages: any number.
        min_rules_revision: as in CheckMessageRequest.
        min_blacklist_revision: likewise.

    Raises:
        grpc.RpcError: no server is there, or none takes the stream.
    """
    tokens = min_rules_revision, min_blacklist_revision
    batches = _batches(messages)
    unanswered: deque[Sequence[Message]] = deque()
    failures = 0
    while True:
        sending: SimpleQueue[StreamCheckMessagesRequest | None] = SimpleQueue()
        for batch in unanswered:
            sending.put(_request(corp_id, batch, *tokens))
        answers = stub.StreamCheckMessages(iter(sending.get, None))
        try:
            while True:
                while len(unanswered) < AHEAD and (batch := next(batches, ())):
                    unanswered.append(batch)
                    sending.put(_request(corp_id, batch, *tokens))
                if not unanswered:
                    return
                if (answer := next(answers, None)) is None:
                    break  # the server ends
                failures = 0
                yield from _results(unanswered.popleft(), answer)
        except grpc.RpcError as error:
            if failures >= MOST_FAILURES or _code(error) not in _WORTH_ANOTHER:
                raise
        finally:
            sending.put(None)
            answers.cancel()
        failures += 1
        time.sleep(_PAUSE_SECONDS * failures)


def _batches(messages: Iterable[Message]) -> Iterator[Sequence[Message]]:
    batch: list[Message] = []
    room = MOST_BYTES
    for message in messages:
        size = message.ByteSize()
        if batch and (len(batch) == MOST_MESSAGES or size > room):
            yield batch
            batch, room = [], MOST_BYTES
        batch.append(message)
        room -= size
    if batch:
        yield batch


def _request(
    corp_id: str, batch: Sequence[Message], min_rules_revision: str, min_blacklist_revision: str
) -> StreamCheckMessagesRequest:
    return StreamCheckMessagesRequest(
        corp_id=corp_id,
        messages=batch,
        min_rules_revision=min_rules_revision,
        min_blacklist_revision=min_blacklist_revision,
    )


def _results(batch: Sequence[Message], answer: StreamCheckMessagesResponse) -> Iterable[Result]:
    if answer.HasField("error"):
        return [Result(error=answer.error)] * len(batch)
    return answer.results.results


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    code: grpc.StatusCode = error.code()
    return code
