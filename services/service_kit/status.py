"""The one place where an exception becomes a gRPC status."""

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from service_kit import errors
from service_kit.store_errors import StoreFull, StoreUnavailable

DOMAIN = "groupguard"
"""`domain` of every ErrorInfo."""
MOST_ITEMS = 50
"""How many violations, limits or names a status lists."""
MOST_DETAIL_BYTES = 4_500
MOST_MESSAGE_BYTES = 400
MOST_VALUE_BYTES = 200
MOST_NAMES_BYTES = 3_500
"""Trailing metadata above 8 KiB is refused at random by gRPC's peers. Details travel there in base64, the message
twice: among the details, and by itself with three bytes for each that is not ASCII. What is longer is cut: a caller may
name anything, and be told that it is not there."""

_CODES: dict[type[errors.GroupguardError], int] = {
    errors.InvalidFields: code_pb2.INVALID_ARGUMENT,
    errors.RequestIdReused: code_pb2.INVALID_ARGUMENT,
    errors.LimitExceeded: code_pb2.RESOURCE_EXHAUSTED,
    errors.RuleNotFound: code_pb2.NOT_FOUND,
    errors.GroupNotFound: code_pb2.NOT_FOUND,
    errors.RuleRevisionNotFound: code_pb2.NOT_FOUND,
    errors.EtagMismatch: code_pb2.ABORTED,
    errors.RevisionUnknown: code_pb2.FAILED_PRECONDITION,
    errors.BindingNotAllowed: code_pb2.FAILED_PRECONDITION,
    errors.MigrationNotAllowed: code_pb2.FAILED_PRECONDITION,
    errors.Unauthenticated: code_pb2.UNAUTHENTICATED,
    errors.PermissionDenied: code_pb2.PERMISSION_DENIED,
    errors.RulesUnavailable: code_pb2.UNAVAILABLE,
    errors.CallTooLong: code_pb2.DEADLINE_EXCEEDED,
    errors.CheckUnavailable: code_pb2.UNAVAILABLE,
    errors.Overloaded: code_pb2.RESOURCE_EXHAUSTED,
    errors.QuotaExceeded: code_pb2.RESOURCE_EXHAUSTED,
    errors.TooManyStreams: code_pb2.RESOURCE_EXHAUSTED,
    errors.StreamStalled: code_pb2.DEADLINE_EXCEEDED,
}


def to_status(error: Exception, call: str) -> status_pb2.Status:
    """Returns the status that tells a caller of an exception.

    Args:
        error: any exception; one that is not in the table becomes INTERNAL, and its text stays here.
        call: id of the call in the server's log, told with INTERNAL.
    """
    if isinstance(error, StoreFull):
        return _status(code_pb2.RESOURCE_EXHAUSTED, str(error), "STORE_FULL", {})
    if isinstance(error, StoreUnavailable):
        return _status(code_pb2.UNAVAILABLE, str(error), "STORE_UNAVAILABLE", {})
    code = _CODES.get(type(error)) if isinstance(error, errors.GroupguardError) else None
    if code is None or not isinstance(error, errors.GroupguardError):
        return _status(code_pb2.INTERNAL, "internal error", "INTERNAL", {"call": call})
    return _status(code, str(error), error.reason, error.metadata, _detail(error))


def _status(
    code: int, message: str, reason: str, metadata: dict[str, str], detail: Message | None = None
) -> status_pb2.Status:
    facts = {name: _cut(value, MOST_VALUE_BYTES) for name, value in metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=facts)
    status = status_pb2.Status(code=code, message=_cut(message, MOST_MESSAGE_BYTES))
    for part in (info, detail):
        if part is not None:
            packed = AnyMessage()
            packed.Pack(part)
            status.details.append(packed)
    return status


def _detail(error: errors.GroupguardError) -> Message | None:
    match error:
        case errors.InvalidFields():
            request = error_details_pb2.BadRequest()
            for violation in error.violations:
                item = request.field_violations.add(field=violation.field, description=violation.description)
                if _too_much(request, len(request.field_violations)):
                    request.field_violations.remove(item)
                    break
            return request
        case errors.LimitExceeded():
            failure = error_details_pb2.QuotaFailure()
            for limit in error.limits:
                quota = failure.violations.add(subject=limit.subject, description=str(limit))
                if _too_much(failure, len(failure.violations)):
                    failure.violations.remove(quota)
                    break
            return failure
        case errors.RetryLater():
            wait = error_details_pb2.RetryInfo()
            wait.retry_delay.FromMilliseconds(max(1, round(error.seconds * 1000)))
            return wait
        case errors.NotFound():
            return error_details_pb2.ResourceInfo(
                resource_type=error.resource_type,
                resource_name=_cut(" ".join(error.names[:MOST_ITEMS]), MOST_NAMES_BYTES),
                description=_cut(str(error), MOST_MESSAGE_BYTES),
            )
        case _:
            return None


def _cut(text: str, most: int) -> str:
    """Returns a text of so many bytes at most, without half a character at its end."""
    return text.encode()[:most].decode(errors="ignore")


def _too_much(detail: Message, items: int) -> bool:
    return items > MOST_ITEMS or detail.ByteSize() > MOST_DETAIL_BYTES
