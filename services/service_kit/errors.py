"""What can go wrong, in plain exceptions that know nothing of gRPC.

Domain code raises these; `service_kit.status` turns them into statuses. Each class names the
`ErrorReason` (protos/groupguard/common/v1/error_reason.proto) that callers see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class GroupguardError(Exception):
    """A failure whose text a caller may read.

    Attributes:
        reason: name of the ErrorReason, without its prefix.
        metadata: facts for programs; strings, no message text and no secrets.
    """

    reason: ClassVar[str]

    def __init__(self, message: str, **metadata: str) -> None:
        super().__init__(message)
        self.metadata = metadata


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks its documented form."""

    field: str
    """Path of the field in the request, as `rule.conditions.keywords.keywords[3].text`."""
    description: str
    """What is wrong: the limit and the value."""


class InvalidFields(GroupguardError):
    """One or more fields of a request break their documented form."""

    reason = "INVALID_FIELD"

    def __init__(self, violations: Sequence[Violation]) -> None:
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        super().__init__(f"{first.field}: {first.description}{more}", violations=str(len(violations)))
        self.violations = tuple(violations)


def invalid(field: str, description: str) -> InvalidFields:
    """Returns the error for a single bad field."""
    return InvalidFields([Violation(field, description)])


@dataclass(frozen=True, slots=True)
class PassedLimit:
    """A limit that a write would pass."""

    subject: str
    """What is full, as `rule 019a…` or `corp ww1`."""
    what: str
    """What is counted, as `groups of a rule`."""
    limit: int
    current: int
    asked: int

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} are limited to {self.limit}; {self.current} now, {self.asked} more asked"


class LimitExceeded(GroupguardError):
    """A write would pass one or more limits; nothing was changed."""

    reason = "LIMIT_EXCEEDED"

    def __init__(self, limits: Sequence[PassedLimit]) -> None:
        first = limits[0]
        super().__init__(
            str(first),
            what=first.what,
            limit=str(first.limit),
            current=str(first.current),
            asked=str(first.asked),
        )
        self.limits = tuple(limits)


class NotFound(GroupguardError):
    """Something a request names is not there."""

    resource_type: ClassVar[str]

    def __init__(self, names: Sequence[str], **metadata: str) -> None:
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        super().__init__(f"{self.resource_type} {names[0]} not found{more}", **metadata)
        self.names = tuple(names)


class RuleNotFound(NotFound):
    """The corp has no rule of that id."""

    reason = "RULE_NOT_FOUND"
    resource_type = "rule"

    def __init__(self, rule_ids: Sequence[str]) -> None:
        super().__init__(rule_ids, rule_id=rule_ids[0])


class GroupNotFound(NotFound):
    """A chat_id is not in the corp's group registry."""

    reason = "GROUP_NOT_FOUND"
    resource_type = "group"

    def __init__(self, chat_ids: Sequence[str]) -> None:
        super().__init__(chat_ids, chat_id=chat_ids[0], missing=str(len(chat_ids)))


class RuleRevisionNotFound(NotFound):
    """The rule's history has no such revision, or has no rule after it."""

    reason = "RULE_REVISION_NOT_FOUND"
    resource_type = "rule revision"

    def __init__(self, rule_id: str, revision: int) -> None:
        super().__init__(
            [f"{revision} of rule {rule_id}, with a state to go back to,"],
            rule_id=rule_id,
            revision=str(revision),
        )


class EtagMismatch(GroupguardError):
    """Something changed since its etag was read."""

    reason = "ETAG_MISMATCH"

    def __init__(self, what: str, etag: str, **names: str) -> None:
        """Names what changed, as `rule 019a…`, and its etag now, which is empty for what is gone.

        `names` are the ids by which programs know it.
        """
        now = f"the etag is now {etag}" if etag else "it is gone"
        super().__init__(f"{what} changed meanwhile: {now}; read again and repeat", **names, etag=etag)


def rule_changed(rule_id: str, etag: str) -> EtagMismatch:
    """Returns the error for a rule whose etag is another one now; an empty one stands for a rule that is gone."""
    return EtagMismatch(f"rule {rule_id}", etag, rule_id=rule_id)


class RequestIdReused(GroupguardError):
    """The request_id belongs to a call with another body."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"request_id {request_id} was used within the last hour with another body",
            request_id=request_id,
        )


class RevisionUnknown(GroupguardError):
    """A check asks for a revision, of rules or of blacklists, that the corp never reached."""

    reason = "REVISION_UNKNOWN"

    def __init__(self, asked: str, current: str) -> None:
        super().__init__(
            f"revision {asked} is not in this corp's history; it is at {current}",
            asked=asked,
            current=current,
        )


class BindingNotAllowed(GroupguardError):
    """A rule's owner may not bind one of the groups."""

    reason = "BINDING_NOT_ALLOWED"

    def __init__(self, rule_id: str, chat_id: str, why: str) -> None:
        super().__init__(
            f"rule {rule_id} can't be bound to group {chat_id}: {why}", rule_id=rule_id, chat_id=chat_id
        )


class Unauthenticated(GroupguardError):
    """The caller has no token, or one the server does not know."""

    reason = "UNAUTHENTICATED"


class PermissionDenied(GroupguardError):
    """The caller's roles do not suffice."""

    reason = "PERMISSION_DENIED"


class CallTooLong(GroupguardError):
    """The server gave up a call."""

    reason = "CALL_TOO_LONG"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not done within {seconds:.3g} s", seconds=f"{seconds:.3g}")


class MigrationNotAllowed(GroupguardError):
    """An import asks for migration mode of a server that does not allow it."""

    reason = "MIGRATION_NOT_ALLOWED"

    def __init__(self) -> None:
        setting = "GROUPGUARD_ALLOW_MIGRATION"
        super().__init__(
            f"this server takes no imports in migration mode; {setting}=true allows them", setting=setting
        )


class RulesUnavailable(GroupguardError):
    """A corp's rules were never loaded and can't be loaded now."""

    reason = "RULES_UNAVAILABLE"

    def __init__(self, corp_id: str, why: str) -> None:
        super().__init__(f"the rules of corp {corp_id} can't be loaded: {why}", corp_id=corp_id)


class CheckUnavailable(GroupguardError):
    """A check that a verdict needs can't be made, and the corp wants no verdict without it."""

    reason = "CHECK_UNAVAILABLE"

    def __init__(self, check: str) -> None:
        super().__init__(
            f"the check {check} can't be made now, and the corp's settings ask for an error then", check=check
        )


class RetryLater(GroupguardError):
    """The server does not take the call now; nothing was done."""

    def __init__(self, message: str, seconds: float, **metadata: str) -> None:
        super().__init__(message, **metadata)
        self.seconds = seconds
        """How long to wait before the call is worth repeating."""


class Overloaded(RetryLater):
    """The server has too much to do."""

    reason = "OVERLOADED"


class QuotaExceeded(RetryLater):
    """A corp asks more often than it may."""

    reason = "QUOTA_EXCEEDED"

    def __init__(self, corp_id: str, per_second: float, seconds: float) -> None:
        super().__init__(
            f"corp {corp_id[:64]} may make {per_second:g} requests a second here; the next one in {seconds:.3g} s",
            seconds,
            limit=f"{per_second:g}",
        )


class TooManyStreams(GroupguardError):
    """A caller has as many open streams as it may."""

    reason = "TOO_MANY_STREAMS"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"open streams of one caller are limited to {limit}; end one before the next", limit=str(limit)
        )


class StreamStalled(GroupguardError):
    """A client neither sends nor reads on its stream."""

    reason = "STREAM_STALLED"

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} within {seconds:g} s, so the stream was ended", seconds=f"{seconds:g}")
