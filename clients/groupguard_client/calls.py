"""What the client adds to every call: a deadline, the token, and a request_id where a write has none."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

if TYPE_CHECKING:
    Metadata = Any


@dataclass(frozen=True, slots=True)
class CallDefaults:
    """What is added where the caller said nothing."""

    timeout: float
    """Seconds for a unary call; streams have no deadline of their own."""
    token: str
    """Bearer token; empty for none."""

    def metadata(self, metadata: "Metadata") -> tuple[tuple[str, str | bytes], ...]:
        """Returns the call's metadata with the token."""
        return (*(metadata or ()), *([("authorization", f"Bearer {self.token}")] if self.token else []))


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


class SyncInterceptor(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Adds the defaults to calls of a synchronous channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        timeout = client_call_details.timeout or self._defaults.timeout
        return continuation(_Details(client_call_details, self._defaults, timeout), with_request_id(request))

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        details = _Details(client_call_details, self._defaults, client_call_details.timeout)
        return continuation(details, with_request_id(request))

    def intercept_stream_stream(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[Any],
    ) -> Any:
        details = _Details(client_call_details, self._defaults, client_call_details.timeout)
        return continuation(details, request_iterator)


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


class AsyncUnaryInterceptor(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds the defaults to unary calls of an asyncio channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        timeout = client_call_details.timeout or self._defaults.timeout
        return await continuation(
            _aio_details(client_call_details, self._defaults, timeout), with_request_id(request)
        )


class AsyncStreamInterceptor(grpc.aio.UnaryStreamClientInterceptor):
    """Adds the defaults to server-streaming calls of an asyncio channel."""

    def __init__(self, defaults: CallDefaults) -> None:
        self._defaults = defaults

    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        details = _aio_details(client_call_details, self._defaults, client_call_details.timeout)
        return await continuation(details, with_request_id(request))


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
        return await continuation(details, request_iterator)
