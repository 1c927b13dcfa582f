"""Single checks, sent together: a batch costs the server far less than as many calls."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import Verdict
from groupguard_client.client import AsyncGroupGuard
from groupguard_client.exceptions import CallError
from groupguard_client.packing import MOST_BYTES, MOST_MESSAGES


@dataclass(slots=True)
class _Batch:
    """Messages that wait for company, and who waits for each verdict."""

    departure: asyncio.TimerHandle
    messages: list[Message] = field(default_factory=list)
    waiting: list[asyncio.Future[Verdict]] = field(default_factory=list)
    size: int = 0


_Key = tuple[str, str]
"""Corp and min_rules_revision, which a batch's messages have in common."""


class Batcher:
    """Gathers checks that many tasks ask for one by one, and sends them as batches.

        async with AsyncGroupGuard() as gg, Batcher(gg) as batcher:
            verdict = await batcher.check("ww1", message)

    A check waits for others at most `delay` seconds; a batch that is full leaves at once. Messages of a corp are sent in the
    order in which `check` was called. Made, used and closed in one event loop.
    """

    def __init__(
        self, client: AsyncGroupGuard, *, most: int = 100, delay: float = 0.005, timeout: float | None = None
    ) -> None:
        """Makes a batcher that sends through a client, which it does not close.

        Args:
            client: sends the batches.
            most: messages in a batch, 1 to 1,000.
            delay: seconds that a check may wait for others.
            timeout: seconds that a batch may take; the client's own if None.

        Raises:
            ValueError: a batch of that size is not possible, or the delay is negative.
        """
        if not 1 <= most <= MOST_MESSAGES:
            raise ValueError(f"most: 1 to {MOST_MESSAGES} messages are possible, not {most}")
        if delay < 0:
            raise ValueError(f"delay: at least 0 seconds, not {delay}")
        self._client = client
        self._most = most
        self._delay = delay
        self._timeout = timeout
        self._gathering: dict[_Key, _Batch] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._closed = False

    async def check(self, corp_id: str, message: Message, *, min_rules_revision: str = "") -> Verdict:
        """Returns the verdict on a message.

        Raises:
            CallError: the message could not be judged, by the class of the reason; or the whole batch failed.
            RuntimeError: the batcher is closed.
        """
        if self._closed:
            raise RuntimeError("the batcher is closed")
        key, size = (corp_id, min_rules_revision), message.ByteSize()
        batch = self._gathering.get(key)
        if batch and batch.size + size > MOST_BYTES:
            self._send(key)
            batch = None
        loop = asyncio.get_running_loop()
        if batch is None:
            batch = self._gathering[key] = _Batch(loop.call_later(self._delay, self._send, key))
        verdict: asyncio.Future[Verdict] = loop.create_future()
        batch.messages.append(message)
        batch.waiting.append(verdict)
        batch.size += size
        if len(batch.messages) == self._most:
            self._send(key)
        return await verdict

    async def close(self) -> None:
        """Sends what still waits, and waits for all verdicts."""
        self._closed = True
        for key in list(self._gathering):
            self._send(key)
        await asyncio.gather(*self._under_way)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _send(self, key: _Key) -> None:
        batch = self._gathering.pop(key)
        batch.departure.cancel()
        task = asyncio.get_running_loop().create_task(self._call(key, batch))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _call(self, key: _Key, batch: _Batch) -> None:
        """Calls for all whose callers have not given up, and tells each what came of theirs."""
        asked = [
            (message, verdict)
            for message, verdict in zip(batch.messages, batch.waiting, strict=True)
            if not verdict.done()
        ]
        if not asked:
            return
        request = BatchCheckMessagesRequest(
            corp_id=key[0], messages=[message for message, _ in asked], min_rules_revision=key[1]
        )
        try:
            answer = await self._client.filter.BatchCheckMessages(request, timeout=self._timeout)
            pairs = list(zip(asked, answer.results, strict=True))
        except Exception as error:  # noqa: BLE001  # whatever it was, somebody waits for it
            for _, verdict in asked:
                if not verdict.done():
                    verdict.set_exception(error)
            return
        for (_, verdict), result in pairs:
            if verdict.done():
                continue
            if result.HasField("error"):
                verdict.set_exception(CallError.of_status(result.error))
            else:
                verdict.set_result(result.verdict)
