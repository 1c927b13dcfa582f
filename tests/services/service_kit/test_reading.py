"""Requests that can't be read, over a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard_client import failure
from support.services import in_process

SERVICE = "test.Reading"


async def _one(request: CheckMessageRequest, context: Any) -> CheckMessageRequest:
    return request


async def _several(requests: AsyncIterator[CheckMessageRequest], context: Any) -> CheckMessageRequest:
    async for request in requests:
        last = request
    return last


def _register(server: grpc.aio.Server) -> None:
    codec = (CheckMessageRequest.FromString, CheckMessageRequest.SerializeToString)
    handlers = {
        "one": grpc.unary_unary_rpc_method_handler(_one, *codec),
        "several": grpc.stream_unary_rpc_method_handler(_several, *codec),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


def deep(levels: int) -> bytes:
    """A request whose message is nested so many levels deep."""
    request = CheckMessageRequest(corp_id="ww1")
    inner = request.message.chat_record.items.add()
    for _ in range(levels - 1):
        inner = inner.chat_record.items.add()
    return request.SerializeToString()


@pytest.mark.parametrize("method", ["one", "several"])
@pytest.mark.parametrize(
    "raw", [deep(60), deep(5_000), b"\xff\xff"], ids=["60 levels", "5000 levels", "noise"]
)
async def test_what_can_t_be_read_is_refused_like_any_other_bad_request(method: str, raw: bytes) -> None:
    """INVALID_ARGUMENT with its reason and the limit, not UNKNOWN with protobuf's words; the next call is served."""
    permissions = {"one": frozenset[str](), "several": frozenset[str]()}
    async with (
        in_process(SERVICE, _register, permissions) as target,
        grpc.aio.insecure_channel(target) as channel,
    ):
        one: Any = channel.unary_unary(f"/{SERVICE}/one")
        several: Any = channel.stream_unary(f"/{SERVICE}/several")

        def call(sent: bytes) -> Any:
            return one(sent) if method == "one" else several(iter([deep(1), sent]))

        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(raw)
        told = failure(refused.value)
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
        [(field, description)] = told.violations
        assert field == "request"
        assert "more than 100 messages deep" in description
        assert await call(deep(40)) == deep(40)
