"""What happens around every call: who calls, whether there is room, how long it may take, what its failure looks like."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from grpc_status import rpc_status

from service_kit import auth, deadline
from service_kit.admission import Admission
from service_kit.call_report import CallReport
from service_kit.errors import CallTooLong, GroupguardError
from service_kit.quota import CorpQuota
from service_kit.reading import Unreadable, reader
from service_kit.status import to_status
from service_kit.stream_guard import not_silent, send
from service_kit.telemetry import UNTRACED, CallTally, Tracer

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]

_GIVING_UP_SECONDS = 1.0
"""A status that can't be sent within it waits behind messages that nobody reads."""


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How a server treats the calls it gets."""

    permissions: Mapping[str, frozenset[str]]
    """Role kinds, one of which a method asks for, by full method name. Methods without a row (health,
    reflection) are open to everybody and not logged."""
    tokens: auth.Callers | None
    """Tells who calls; None lets everybody do everything."""
    longest_call: float
    """Seconds after which a call is ended that neither sends nor gets a stream, whatever its own deadline."""
    log_sample: float
    """Share of successful calls to log, 0 to 1. Failed ones are always logged."""
    admission: Admission = field(default_factory=lambda: Admission(500, 500))
    """Which calls are taken."""
    quota: CorpQuota | None = None
    """How often a corp may ask; None for as often as it likes."""
    silence: float = 300.0
    """Seconds within which a client must send the next message of its stream."""
    slow_reader: float = 60.0
    """Seconds within which a client must take the next message of a stream."""
    answering_each: frozenset[str] = frozenset()
    """Methods, by full name, that answer each request of a stream by itself: one that is refused does not end the
    stream, but reaches the handler as the error to answer with."""
    tally: CallTally = field(default_factory=CallTally)
    """Counts how calls end."""
    tracer: Tracer = UNTRACED
    """Notes what calls do."""


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
        """Returns the wrapped handler of a method; the same object for every call.

        Who may not call, and what there is no room for, gets one that refuses, before the request is read.
        """
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None or method not in self._policy.permissions:
                return handler
            self._wrapped[method] = wrapped = self._wrap(method, handler)
        try:
            self._enter(handler_call_details, wrapped)
        except GroupguardError as error:
            return self._refusal(method, error)
        return wrapped

    def _enter(self, details: grpc.HandlerCallDetails, handler: Any) -> None:
        if self._policy.tokens is None:
            auth.set_caller(auth.ANYONE)
        else:
            header = next((value for key, value in details.invocation_metadata if key == "authorization"), "")
            auth.set_caller(self._policy.tokens.caller(str(header)))
        if not (handler.request_streaming or handler.response_streaming):
            self._policy.admission.require_room(details.method)

    def _refusal(self, method: str, error: GroupguardError) -> Any:
        async def refuse(_: Any, context: "Context") -> None:
            with self._policy.tracer.serving(method, context):
                await self._fail(error, context, self._report(method))

        return grpc.stream_stream_rpc_method_handler(refuse)

    def _report(self, method: str, *, timed: bool = False) -> CallReport:
        return CallReport(method, self._policy.log_sample, self._policy.tally, timed=timed)

    def _traced(self, method: str, inner: Any) -> Any:
        tracer = self._policy.tracer
        if tracer is UNTRACED:
            return inner

        async def call(request: Any, context: "Context") -> Any:
            with tracer.serving(method, context):
                return await inner(request, context)

        return call

    def _wrap(self, method: str, handler: Any) -> Any:
        serializers = (reader(handler.request_deserializer), handler.response_serializer)
        match handler.request_streaming, handler.response_streaming:
            case False, False:
                return grpc.unary_unary_rpc_method_handler(
                    self._traced(method, self._unary(method, handler.unary_unary)), *serializers
                )
            case True, False:
                inner = self._stream(method, handler.stream_unary)
                return grpc.stream_unary_rpc_method_handler(inner, *serializers)
            case False, _:
                inner = self._stream(method, self._sending(handler.unary_stream))
                return grpc.unary_stream_rpc_method_handler(inner, *serializers)
            case _:
                inner = self._stream(method, self._sending(handler.stream_stream))
                return grpc.stream_stream_rpc_method_handler(inner, *serializers)

    def _unary(self, method: str, inner: Any) -> Any:
        admission, longest = self._policy.admission, self._policy.longest_call

        async def call(request: Any, context: "Context") -> Any:
            report = self._report(method, timed=True)
            remaining: Any = context.time_remaining()  # None without a deadline, whatever the stubs say
            seconds = longest if remaining is None else min(remaining, longest)
            try:
                admission.begin(method, remaining)
                try:
                    async with asyncio.timeout(seconds) as limit:
                        deadline.set_remaining(seconds)
                        asked = self._authorized(method, request, report)
                        with admission.memory(asked.ByteSize()):
                            answer = await inner(asked, context)
                except TimeoutError:
                    if limit.expired():
                        raise CallTooLong(seconds) from None
                    raise
                finally:
                    admission.end(method, report.seconds)
                report.done("OK")
                return answer
            except asyncio.CancelledError:
                report.done("CANCELLED")
                raise
            except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, the caller gets a status
                await self._fail(error, context, report)

        return call

    def _sending(self, inner: Any) -> Any:
        async def act(requests: Any, context: "Context") -> None:
            await send(inner(requests, context), context, self._policy.slow_reader)

        return act

    def _stream(self, method: str, act: Any) -> Any:
        """Wraps what a method with a stream does; it has no longest time, but its client must keep up."""

        async def call(request: Any, context: "Context") -> Any:
            report = self._report(method)
            try:
                with self._policy.admission.stream():
                    deadline.set_remaining(context.time_remaining())
                    answer = await act(self._authorized(method, request, report), context)
                report.done("OK")
                return answer
            except asyncio.CancelledError:
                report.done("CANCELLED")
                raise
            except Exception as error:  # noqa: BLE001 - as above
                await self._fail(error, context, report)

        return self._traced(method, call)

    def _authorized(self, method: str, request: Any, report: CallReport) -> Any:
        if hasattr(request, "__aiter__"):
            return self._authorized_each(method, request, report)
        if isinstance(request, Unreadable):
            raise request.error
        report.corp_id = getattr(request, "corp_id", "")
        auth.authorize(method, self._policy.permissions[method], report.corp_id)
        if self._policy.quota is not None and not auth.caller().is_service(report.corp_id):
            self._policy.quota.spend(report.corp_id)
        return request

    async def _authorized_each(
        self, method: str, requests: AsyncIterator[Any], report: CallReport
    ) -> AsyncIterator[Any]:
        async for request in not_silent(requests, self._policy.silence):
            try:
                asked = self._authorized(method, request, report)
            except GroupguardError as error:
                if method not in self._policy.answering_each:
                    raise
                yield error
            else:
                with self._policy.admission.memory(asked.ByteSize()):
                    yield asked

    async def _fail(self, error: Exception, context: "Context", report: CallReport) -> None:
        status = rpc_status.to_status(to_status(error, report.call))
        report.done(status.code.name, error)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GIVING_UP_SECONDS):
                await context.abort_with_status(status)
