"""What a failed call raises: one class for every ErrorReason, below one for the code it comes with.

    try:
        gg.rules.CreateRule(request)
    except LimitExceeded as error:
        print(error.metadata["limit"])

Catch a reason's class to act on that reason, a code's class to act on all like it, `CallError` for everything. All are
`grpc.RpcError`s as well, so code that knows only gRPC keeps working. A reason that this version of the client does not know yet
is raised as the class of its code.
"""

from typing import Any, Self

import grpc
import grpc.aio
from google.rpc import status_pb2

from groupguard_client.errors import DETAILS_KEY, Failure, failure

_BY_CODE: dict[grpc.StatusCode, type["CallError"]] = {}
_BY_REASON: dict[str, type["CallError"]] = {}
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class CallError(grpc.aio.AioRpcError):
    """A call that failed, synchronous or not, or an item of a batch."""

    def __init_subclass__(cls, *, code: grpc.StatusCode | None = None, reason: str = "") -> None:
        """Makes a class the one to raise for a code, a reason, or a code that has only one reason."""
        if code is not None:
            _BY_CODE[code] = cls
        if reason:
            _BY_REASON[reason] = cls

    @classmethod
    def of(cls, error: grpc.RpcError) -> "CallError":
        """Returns the exception that mirrors a call's error."""
        if isinstance(error, CallError):
            return error
        call: Any = error
        code: grpc.StatusCode = call.code()
        return _kind(code, failure(error).reason)(
            code,
            grpc.aio.Metadata(*(call.initial_metadata() or ())),
            grpc.aio.Metadata(*(call.trailing_metadata() or ())),
            call.details(),
            call.debug_error_string(),
        )

    @classmethod
    def of_status(cls, status: status_pb2.Status) -> "CallError":
        """Returns the exception that mirrors the status of a batch's item."""
        code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
        trailing = grpc.aio.Metadata((DETAILS_KEY, status.SerializeToString()))
        bare = cls(code, grpc.aio.Metadata(), trailing, status.message)
        return _kind(code, bare.reason)(code, grpc.aio.Metadata(), trailing, status.message)

    @property
    def failure(self) -> Failure:
        """All that the error says."""
        return failure(self)

    @property
    def reason(self) -> str:
        """Name of the ErrorReason without its prefix; empty if a proxy or gRPC itself failed."""
        return self.failure.reason

    @property
    def metadata(self) -> dict[str, str]:
        """What the reason's comment in error_reason.proto shows under `metadata`."""
        return self.failure.metadata

    @property
    def violations(self) -> tuple[tuple[str, str], ...]:
        """(field or subject, description) of everything that is wrong or over its limit."""
        return self.failure.violations

    def __str__(self) -> str:
        told = self.failure
        return ": ".join(filter(None, (told.code, told.reason, told.message)))

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        parts = (self.code(), self.initial_metadata(), self.trailing_metadata(), self.details())
        return type(self), (*parts, self.debug_error_string())


def _kind(code: grpc.StatusCode, reason: str) -> type[CallError]:
    return _BY_REASON.get(reason) or _BY_CODE.get(code, CallError)


# ------------------------------------------------------------------------------------------------ the call was wrong


class InvalidArgument(CallError, code=grpc.StatusCode.INVALID_ARGUMENT):
    """The call can never succeed as it is."""


class InvalidField(InvalidArgument, reason="INVALID_FIELD"):
    """Fields break their documented form; `violations` names them."""


class RequestIdReused(InvalidArgument, reason="REQUEST_ID_REUSED"):
    """The request_id belongs to an earlier call with another body."""


class NotFound(CallError, code=grpc.StatusCode.NOT_FOUND):
    """What the call names is not there."""


class RuleNotFound(NotFound, reason="RULE_NOT_FOUND"):
    """The corp has no rule of that id."""


class GroupNotFound(NotFound, reason="GROUP_NOT_FOUND"):
    """The corp's registry has no such group."""


class RuleRevisionNotFound(NotFound, reason="RULE_REVISION_NOT_FOUND"):
    """The rule's history has no such revision to restore."""


# ------------------------------------------------------------------------------- the call is right, the state is not


class Aborted(CallError, code=grpc.StatusCode.ABORTED):
    """Somebody else wrote meanwhile: read again, then repeat."""


class EtagMismatch(Aborted, reason="ETAG_MISMATCH"):
    """The rule or the settings changed since their etag was read."""


class FailedPrecondition(CallError, code=grpc.StatusCode.FAILED_PRECONDITION):
    """Something else has to change first."""


class RevisionUnknown(FailedPrecondition, reason="REVISION_UNKNOWN"):
    """No such revision was reached, or the store lost the history that it belongs to."""


class BindingNotAllowed(FailedPrecondition, reason="BINDING_NOT_ALLOWED"):
    """The rule's owner may not bind one of the groups."""


class MigrationNotAllowed(FailedPrecondition, reason="MIGRATION_NOT_ALLOWED"):
    """The server does not allow an import to migrate."""


class ResourceExhausted(CallError, code=grpc.StatusCode.RESOURCE_EXHAUSTED):
    """There is no room for it."""


class LimitExceeded(ResourceExhausted, reason="LIMIT_EXCEEDED"):
    """A limit stands in the way; `metadata` has limit, current and asked."""


class StoreFull(ResourceExhausted, reason="STORE_FULL"):
    """The store has reached its memory limit."""


class Overloaded(ResourceExhausted, reason="OVERLOADED"):
    """The server has too much to do; nothing was done. `failure.retry_after` tells when to try again."""


class QuotaExceeded(ResourceExhausted, reason="QUOTA_EXCEEDED"):
    """The corp asks more often than the server allows; nothing was done. `failure.retry_after` tells when to try again."""


class TooManyStreams(ResourceExhausted, reason="TOO_MANY_STREAMS"):
    """The caller has as many open streams at the server as it may."""


# -------------------------------------------------------------------------------------------------------- the caller


class Unauthenticated(CallError, code=grpc.StatusCode.UNAUTHENTICATED, reason="UNAUTHENTICATED"):
    """The server does not know who calls."""


class PermissionDenied(CallError, code=grpc.StatusCode.PERMISSION_DENIED, reason="PERMISSION_DENIED"):
    """The caller's roles in this corp are not enough."""


# -------------------------------------------------------------------------------------------------------- the servers


class Unavailable(CallError, code=grpc.StatusCode.UNAVAILABLE):
    """Not now; the call may be repeated."""


class StoreUnavailable(Unavailable, reason="STORE_UNAVAILABLE"):
    """The store did not answer."""


class RulesUnavailable(Unavailable, reason="RULES_UNAVAILABLE"):
    """FilterService has no rules of this corp and can't get them."""


class CheckUnavailable(Unavailable, reason="CHECK_UNAVAILABLE"):
    """A check could not be made, and the corp wants no verdict without it."""


class DeadlineExceeded(CallError, code=grpc.StatusCode.DEADLINE_EXCEEDED):
    """It took too long; whether a write happened is not known."""


class CallTooLong(DeadlineExceeded, reason="CALL_TOO_LONG"):
    """The server gave the call up."""


class StreamStalled(DeadlineExceeded, reason="STREAM_STALLED"):
    """The client sent nothing on its stream, or read nothing from it, for too long."""


class Internal(CallError, code=grpc.StatusCode.INTERNAL, reason="INTERNAL"):
    """A fault of the server's; its log has the cause."""
