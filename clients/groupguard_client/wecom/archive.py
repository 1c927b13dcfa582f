"""Following the chat archive: every record is checked, and what follows is done, in their order."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest
from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Message
from groupguard.filter.v1.verdict_pb2 import Verdict
from groupguard_client.client import AsyncGroupGuard
from groupguard_client.exceptions import (
    CallError,
    DeadlineExceeded,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from groupguard_client.packing import packed
from groupguard_client.wecom.cursor import Cursor
from groupguard_client.wecom.enforcing import Case, Enforcer, enforce, needs_enforcing
from groupguard_client.wecom.records import Record, SenderOf, read_record, sender_by_id

_log = logging.getLogger("groupguard_client.wecom")
_LONGEST_PAUSE = 30.0
"""Seconds between two tries."""
_NOT_NOW = (Unavailable, DeadlineExceeded, ResourceExhausted)
"""What passes by itself."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A decrypted record and its place in the archive."""

    seq: int
    """As WeCom numbers the archive: ascending, with gaps."""
    record: Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """What came of the records."""

    records: int = 0
    """All that were read."""
    judged: int = 0
    """Messages of customers that have a verdict."""
    enforced: int = 0
    """Records after which something was done."""
    unjudged: int = 0
    """Messages that groupguard refuses to judge, for instance for an id that is none; the log names them."""


class ArchiveRunner:
    """Checks what customers say, as the archive brings it, and has the verdicts carried out.

    The cursor moves on behind every record after which something was done, and at the end of every page. A program that is
    stopped in between reads some records again: groupguard knows the messages by their ids and counts none twice, and the
    enforcer knows its cases by them. So everything is done at least once, and in the archive's order.
    """

    def __init__(
        self,
        client: AsyncGroupGuard,
        corp_id: str,
        enforcer: Enforcer,
        cursor: Cursor,
        *,
        sender_of: SenderOf | None = None,
        min_rules_revision: str = "",
        most: int = 200,
        patience: float = 300.0,
    ) -> None:
        """Takes what it works with.

        Args:
            client: calls groupguard.
            corp_id: the corp whose archive it is.
            enforcer: does what follows.
            cursor: keeps how far the archive was read.
            sender_of: tells what is known of a sender; goes by ids alone if None.
            min_rules_revision: of a write that the rules have to include; empty for whichever are there.
            most: messages in a batch, 1 to 1,000.
            patience: seconds to go on asking while no verdict can be given, before the run ends with the error.
        """
        self._client = client
        self._corp_id = corp_id
        self._enforcer = enforcer
        self._cursor = cursor
        self._sender_of = sender_of or sender_by_id()
        self._min_rules_revision = min_rules_revision
        self._most = most
        self._patience = patience
        self.tally = Tally()

    async def run(self, pages: Iterable[Sequence[Archived]]) -> None:
        """Works through pages of records until there are no more.

        Pages are asked for in a thread, so the iterable may wait, as WeCom's SDK does. Records up to the cursor are left out.

        Raises:
            CallError: no verdict could be given for longer than the runner's patience, or groupguard refuses the calls.
        """
        done, waiting = self._cursor.load(), iter(pages)
        while (page := await asyncio.to_thread(next, waiting, None)) is not None:
            new = [archived for archived in page if archived.seq > done]
            if new:
                await self._work(new)
                done = new[-1].seq

    async def _work(self, page: Sequence[Archived]) -> None:
        records = [read_record(archived.record, self._sender_of) for archived in page]
        asked = [
            message
            for record in records
            for message in record.messages
            if message.sender.kind == SENDER_KIND_CUSTOMER
        ]
        verdicts = await self._judge(asked)
        for archived, record in zip(page, records, strict=True):
            self.tally.records += 1
            found = [verdicts[it.message_id] for it in record.messages if it.message_id in verdicts]
            if needs_enforcing(found):
                await enforce(self._case(record, found), self._enforcer)
                self.tally.enforced += 1
                self._cursor.save(archived.seq)
        self._cursor.save(page[-1].seq)

    def _case(self, record: Record, verdicts: Sequence[Verdict]) -> Case:
        message = record.messages[0]
        customer = message.sender.external_userid
        return Case(self._corp_id, message.chat_id, customer, record.message_id, tuple(verdicts))

    async def _judge(self, messages: Sequence[Message]) -> dict[str, Verdict]:
        """Returns the verdicts by message_id, asking again for those that could not be given."""
        verdicts: dict[str, Verdict] = {}
        give_up, pause, left = time.monotonic() + self._patience, 0.5, list(messages)
        while left:
            failed: list[Message] = []
            reason: CallError | None = None
            for batch in packed(left, self._most):
                again, why = await self._judge_batch(batch, verdicts)
                failed, reason = failed + again, why or reason
            if reason:
                if time.monotonic() + pause > give_up:
                    raise reason
                _log.warning("%d messages wait for their verdicts: %s", len(failed), reason)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            left = failed
        self.tally.judged += len(verdicts)
        return verdicts

    async def _judge_batch(
        self, batch: list[Message], verdicts: dict[str, Verdict]
    ) -> tuple[list[Message], CallError | None]:
        """Adds the verdicts that there are; returns the messages to ask for again, and why."""
        request = BatchCheckMessagesRequest(
            corp_id=self._corp_id, messages=batch, min_rules_revision=self._min_rules_revision
        )
        try:
            answer = await self._client.filter.BatchCheckMessages(request)
        except _NOT_NOW as error:
            return batch, error
        again: list[Message] = []
        reason: CallError | None = None
        for message, result in zip(batch, answer.results, strict=True):
            if not result.HasField("error"):
                verdicts[message.message_id] = result.verdict
                continue
            refused = CallError.of_status(result.error)
            if isinstance(refused, _NOT_NOW):
                again.append(message)
                reason = refused
            elif isinstance(refused, InvalidArgument):
                _log.error("message %s is not judged: %s", message.message_id, refused)
                self.tally.unjudged += 1
            else:
                raise refused
        return again, reason
