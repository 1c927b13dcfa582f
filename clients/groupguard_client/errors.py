"""Reading what a failed call says, beyond its code and message."""

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

DETAILS_KEY = "grpc-status-details-bin"
"""Where the details of an error travel."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call failed."""

    code: str
    """Name of the gRPC status code, as RESOURCE_EXHAUSTED."""
    message: str
    reason: str = ""
    """Name of the ErrorReason without its prefix, as LIMIT_EXCEEDED; empty if a proxy or gRPC itself failed."""
    metadata: dict[str, str] = field(default_factory=dict)
    violations: tuple[tuple[str, str], ...] = ()
    """(field or subject, description) of everything that is wrong or over its limit."""
    retry_after: float = 0.0
    """Seconds after which the server wants to be asked again; 0 if it does not say."""


def failure(error: grpc.RpcError) -> Failure:
    """Reads the error of a call, synchronous or not."""
    call: Any = error
    trailing = dict(tuple(call.trailing_metadata() or ()))  # grpcio 1.76 calls its pairs keys
    status = status_pb2.Status.FromString(trailing.get(DETAILS_KEY, b""))
    reason, metadata, violations, retry_after = "", {}, [], 0.0
    for detail in status.details:
        info, bad, quota, retry = (
            error_details_pb2.ErrorInfo(),
            error_details_pb2.BadRequest(),
            error_details_pb2.QuotaFailure(),
            error_details_pb2.RetryInfo(),
        )
        if detail.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            violations += [(item.field, item.description) for item in bad.field_violations]
        elif detail.Unpack(quota):
            violations += [(item.subject, item.description) for item in quota.violations]
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.ToMilliseconds() / 1000
    code, message = call.code().name, call.details() or ""
    return Failure(code, message, reason, metadata, tuple(violations), retry_after)
