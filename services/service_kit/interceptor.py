"""What happens around every call: who calls, how long it may take, what its failure looks like, one line of log."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from grpc_status import rpc_status

from service_kit import auth, deadline
from service_kit.errors import CallTooLong
from service_kit.reading import Unreadable, reader
from service_kit.request_log import log
from service_kit.status import to_status

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How a server treats the calls it gets."""

    permissions: Mapping[str, frozenset[str]]
    """Role kinds, one of which a method asks for, by full method name. Methods without a row (health,
    reflection) are open to everybody and not logged."""
    tokens: auth.Tokens | None
    """Tokens the server knows; None lets everybody do everything."""
    longest_call: float
    """Seconds after which a unary call is ended, whatever its own deadline."""
    log_sample: float
    """Share of successful calls to log, 0 to 1. Failed ones are always logged."""


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the handlers of the methods that have a row in the permissions, all four kinds."""

    def __init__(self, policy: CallPolicy) -> None:
        self._policy = policy
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the wrapped handler of a method; the same object for every call."""
        method = handler_call_details.method
        if method in self._wrapped:
            return self._wrapped[method]
        handler = await continuation(handler_call_details)
        if handler is None or method not in self._policy.permissions:
            return handler
        self._wrapped[method] = wrapped = self._wrap(method, handler)
        return wrapped

    def _wrap(self, method: str, handler: Any) -> Any:
        serializers = (reader(handler.request_deserializer), handler.response_serializer)
        if handler.response_streaming:
            inner = handler.stream_stream if handler.request_streaming else handler.unary_stream
            make = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
            return make(self._streaming(method, inner), *serializers)
        inner = handler.stream_unary if handler.request_streaming else handler.unary_unary
        make_unary = (
            grpc.stream_unary_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return make_unary(self._unary(method, inner), *serializers)

    def _unary(self, method: str, inner: Any) -> Any:
        async def call(request: Any, context: "Context") -> Any:
            report = _Report(method, self._policy.log_sample)
            try:
                remaining = context.time_remaining()
                seconds = (
                    min(remaining, self._policy.longest_call) if remaining else self._policy.longest_call
                )
                async with asyncio.timeout(seconds) as limit:
                    with self._served(context, report, seconds):
                        return await inner(self._authorized(method, request, report), context)
            except TimeoutError as error:
                await self._fail(CallTooLong(seconds) if limit.expired() else error, context, report)
            except asyncio.CancelledError:
                report.done("CANCELLED")
                raise
            except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, the caller gets a status
                await self._fail(error, context, report)

        return call

    def _streaming(self, method: str, inner: Any) -> Any:
        async def call(request: Any, context: "Context") -> AsyncIterator[Any]:
            report = _Report(method, self._policy.log_sample)
            try:
                with self._served(context, report, None):
                    async for response in inner(self._authorized(method, request, report), context):
                        yield response
            except asyncio.CancelledError:
                report.done("CANCELLED")
                raise
            except Exception as error:  # noqa: BLE001 - as above
                await self._fail(error, context, report)

        return call

    @contextmanager
    def _served(self, context: "Context", report: "_Report", seconds: float | None) -> Iterator[None]:
        """Sets who calls and by when to answer; reports a call that went well."""
        tokens = self._policy.tokens
        if tokens is not None:
            metadata = dict(context.invocation_metadata() or ())
            who = tokens.caller(str(metadata.get("authorization", "")))
        else:
            who = auth.ANYONE
        auth.set_caller(who)
        deadline.set_remaining(seconds)
        yield
        report.done("OK")

    def _authorized(self, method: str, request: Any, report: "_Report") -> Any:
        allowed = self._policy.permissions[method]
        if hasattr(request, "__aiter__"):
            return self._authorized_each(method, request, report)
        if isinstance(request, Unreadable):
            raise request.error
        report.corp_id = getattr(request, "corp_id", "")
        auth.authorize(method, allowed, report.corp_id)
        return request

    async def _authorized_each(
        self, method: str, requests: AsyncIterator[Any], report: "_Report"
    ) -> AsyncIterator[Any]:
        async for request in requests:
            yield self._authorized(method, request, report)

    async def _fail(self, error: Exception, context: "Context", report: "_Report") -> None:
        status = rpc_status.to_status(to_status(error, report.call))
        report.done(status.code.name, error)
        await context.abort_with_status(status)


class _Report:
    """The log line of one call."""

    __slots__ = ("_begun", "_method", "_sample", "call", "corp_id")

    def __init__(self, method: str, sample: float) -> None:
        self.call = secrets.token_hex(4)
        self.corp_id = ""
        self._method = method
        self._sample = sample
        self._begun = time.perf_counter()

    def done(self, code: str, error: Exception | None = None) -> None:
        """Writes the line; an INTERNAL one with its traceback."""
        if code == "OK" and self._sample < 1 and random.random() >= self._sample:  # noqa: S311 - sampling, no secret
            return
        line = log().bind(
            method=self._method,
            code=code,
            ms=round((time.perf_counter() - self._begun) * 1000, 3),
            corp_id=self.corp_id[:64],
            caller=auth.caller().name,
            call=self.call,
        )
        if code == "INTERNAL":
            line.error("call", exc_info=error)
        else:
            line.info("call")
