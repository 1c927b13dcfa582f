"""How messages are put together into batches that the server takes."""

from collections.abc import Iterable, Iterator

from groupguard.filter.v1.message_pb2 import Message

MOST_MESSAGES = 1_000
"""Messages that BatchCheckMessages takes."""
MOST_BYTES = 3_500_000
"""Bytes of a batch's messages; the server takes requests of 4 MiB, and this leaves room for all that is around them."""


def packed(messages: Iterable[Message], most: int) -> Iterator[list[Message]]:
    """Yields the messages in batches, in their order; one that is larger than a batch may be is alone.

    Args:
        messages: what to put together.
        most: messages in a batch at most.
    """
    batch: list[Message] = []
    size = 0
    for message in messages:
        more = message.ByteSize()
        if batch and (len(batch) == most or size + more > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += more
    if batch:
        yield batch
