"""What the client adds to every call: a deadline, the token, a request_id where a write has none; and how it raises errors."""

import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from groupguard_client.exceptions import CallError

if TYPE_CHECKING:
    Metadata = Any


@dataclass(frozen=True, slots=True)
class CallDefaults:
    """What is added where the caller said nothing."""

    timeout: float
    """Seconds for a unary call; streams have no deadline of their own."""
    token: Callable[[], str]
    """Gives the bearer token of a call that begins; empty for none."""
    headers: Callable[[], Iterable[tuple[str, str]]] = tuple
    """Gives more metadata of a call that begins."""

    def metadata(self, metadata: "Metadata") -> tuple[tuple[str, str | bytes], ...]:
        """Returns the call's metadata with the token and what else each call brings."""
        token = self.token()
        return (
            *(metadata or ()),
            *self.headers(),
            *([("authorization", f"Bearer {token}")] if token else []),
        )


def with_request_id(request: Any) -> Any:
    """Returns the request with a request_id, if it is a write that has none, so that retries write once."""
    if "request_id" not in request.DESCRIPTOR.fields_by_name or request.request_id:
        return request
    copy = type(request)()
    copy.CopyFrom(request)
    copy.request_id = str(uuid.uuid4())
    return copy


class _Details(grpc.ClientCallDetails):
    """Call details of the synchronous API, which has no public class to make them with."""

    def __init__(
        self, original: grpc.ClientCallDetails, defaults: CallDefaults, timeout: float | None
    ) -> None:
        self.method = original.method
        self.timeout = timeout
        self.metadata = defaults.metadata(original.metadata)
        self.credentials = original.credentials
        self.wait_for_ready = original.wait_for_ready
        self.compression = original.compression


class _Raising:
    """A synchronous call whose errors are raised as `CallError`s; all else is the call's own."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def result(self, timeout: float | None = None) -> Any:
        try:
            return self._call.result(timeout)
        except grpc.RpcError as error:
            raise CallError.of(error) from None

    def exception(self, timeout: float | None = None) -> Any:
        error = self._call.exception(timeout)
        return CallError.of(error) if isinstance(error, grpc.RpcError) else error

    def __iter__(self) -> "_Raising":
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except grpc.RpcError as error:
            raise CallError.of(error) from None


class SyncInterceptor(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Adds the defaults to calls of a synchronous channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        timeout = client_call_details.timeout or self._defaults.timeout
        details = _Details(client_call_details, self._defaults, timeout)
        return _Raising(continuation(details, with_request_id(request)))

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        details = _Details(client_call_details, self._defaults, client_call_details.timeout)
        return _Raising(continuation(details, with_request_id(request)))

    def intercept_stream_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[Any],
    ) -> Any:
        details = _Details(client_call_details, self._defaults, client_call_details.timeout)
        return _Raising(continuation(details, request_iterator))

    intercept_stream_stream = intercept_stream_unary


def _aio_details(
    original: grpc.aio.ClientCallDetails, defaults: CallDefaults, timeout: float | None
) -> grpc.aio.ClientCallDetails:
    return grpc.aio.ClientCallDetails(
        method=original.method,
        timeout=timeout,
        metadata=grpc.aio.Metadata(*defaults.metadata(original.metadata)),
        credentials=original.credentials,
        wait_for_ready=original.wait_for_ready,
    )


class _AsyncRaising:
    """An asyncio call that sends a stream, and whose error is raised as a `CallError`; all else is the call's own."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from self._call.__await__())
        except grpc.aio.AioRpcError as error:
            raise CallError.of(error) from None


async def _raising(responses: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Yields what a stream brings, and raises its error as a `CallError`."""
    try:
        async for response in responses:
            yield response
    except grpc.aio.AioRpcError as error:
        raise CallError.of(error) from None


class AsyncUnaryInterceptor(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds the defaults to unary calls of an asyncio channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        timeout = client_call_details.timeout or self._defaults.timeout
        details = _aio_details(client_call_details, self._defaults, timeout)
        call = await continuation(details, with_request_id(request))
        try:
            await call
        except grpc.aio.AioRpcError as error:
            raise CallError.of(error) from None
        return call


class AsyncStreamInterceptor(grpc.aio.UnaryStreamClientInterceptor):
    """Adds the defaults to server-streaming calls of an asyncio channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        details = _aio_details(client_call_details, self._defaults, client_call_details.timeout)
        return _raising(await continuation(details, with_request_id(request)))


class AsyncStreamUnaryInterceptor(grpc.aio.StreamUnaryClientInterceptor):
    """Adds the defaults to calls that send a stream of an asyncio channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    async def intercept_stream_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        details = _aio_details(client_call_details, self._defaults, client_call_details.timeout)
        return _AsyncRaising(await continuation(details, request_iterator))


class AsyncStreamStreamInterceptor(grpc.aio.StreamStreamClientInterceptor):
    """Adds the defaults to calls that stream both ways of an asyncio channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    async def intercept_stream_stream(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        details = _aio_details(client_call_details, self._defaults, client_call_details.timeout)
        return _raising(await continuation(details, request_iterator))
