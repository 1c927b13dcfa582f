"""What a caller with every role may be told by services that lack nothing, whatever is asked."""

from __future__ import annotations

import grpc

from groupguard.common.v1 import error_reason_pb2
from groupguard_client import failure

_DOCUMENTED = {
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "ABORTED",
    "FAILED_PRECONDITION",
    "RESOURCE_EXHAUSTED",
    "PERMISSION_DENIED",
}
_REASONS = {name.removeprefix("ERROR_REASON_") for name in dict(error_reason_pb2.ErrorReason.items())}
_INSIDE = ("Traceback", 'File "', "redis://:", "unix://", ".py", "object at 0x")
"""What no caller shall see."""


def assert_documented(error: grpc.RpcError, asked: object = None) -> None:
    """Checks that an error is one that is documented, and tells nothing of the inside; `asked` is shown where it is not."""
    told = failure(error)
    assert told.code in _DOCUMENTED, (told, asked)
    assert told.reason in _REASONS, (told, asked)
    assert not any(inside in repr(told) for inside in _INSIDE), (told, asked)


def what_went_wrong_inside(log: str) -> list[str]:
    """Returns the lines of services' logs that tell of errors of their own, also of such as callers did not see."""
    return [line for line in log.splitlines() if '"code": "INTERNAL"' in line or "Traceback" in line]
