"""Streams whose client does not keep up: they are ended, for each holds memory and a place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import grpc.aio

from service_kit import auth
from service_kit.errors import StreamStalled

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]


async def not_silent(requests: AsyncIterator[Any], seconds: float) -> AsyncIterator[Any]:
    """Passes a client's messages on.

    Raises:
        StreamStalled: the next one does not come within a time.
    """
    coming = aiter(requests)
    while True:
        try:
            async with asyncio.timeout(seconds):
                request = await anext(coming)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise StreamStalled("no message came", seconds) from None
        yield request


async def send(responses: Any, context: "Context", seconds: float) -> None:
    """Sends a handler's messages, while the caller's token holds.

    Raises:
        Unauthenticated: it has expired.
        StreamStalled: the client does not take one within a time.
        CancelledError: the client has gone.
    """
    async with aclosing(responses):
        async for response in responses:
            auth.caller().require_unexpired()
            try:
                async with asyncio.timeout(seconds):
                    await context.write(response)
            except TimeoutError:
                raise StreamStalled("a message was not read", seconds) from None
            except (
                grpc.aio.InternalError
            ):  # what a write meets that comes before the news of the cancellation
                raise asyncio.CancelledError from None
