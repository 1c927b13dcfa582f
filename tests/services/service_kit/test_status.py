"""The one place where an exception becomes a status."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from google.rpc import error_details_pb2

from groupguard.common.v1 import error_reason_pb2
from service_kit import errors
from service_kit.status import to_status
from service_kit.store_errors import StoreFull, StoreUnavailable

LIMIT = errors.PassedLimit("corp ww1", "rules of the super administrators", 1000, 999, 2)

TABLE: list[tuple[Exception, int, str, dict[str, str]]] = [
    (errors.invalid("corp_id", "bad"), 3, "INVALID_FIELD", {"violations": "1"}),
    (errors.RequestIdReused("r"), 3, "REQUEST_ID_REUSED", {"request_id": "r"}),
    (
        errors.LimitExceeded([LIMIT]),
        8,
        "LIMIT_EXCEEDED",
        {"limit": "1000", "current": "999", "asked": "2", "what": "rules of the super administrators"},
    ),
    (errors.RuleNotFound(["a", "b"]), 5, "RULE_NOT_FOUND", {"rule_id": "a"}),
    (errors.GroupNotFound(["a", "b"]), 5, "GROUP_NOT_FOUND", {"chat_id": "a", "missing": "2"}),
    (
        errors.RuleRevisionNotFound("a", 17),
        5,
        "RULE_REVISION_NOT_FOUND",
        {"rule_id": "a", "revision": "17"},
    ),
    (errors.rule_changed("a", "41"), 10, "ETAG_MISMATCH", {"rule_id": "a", "etag": "41"}),
    (errors.EtagMismatch("the corp's settings", "41"), 10, "ETAG_MISMATCH", {"etag": "41"}),
    (errors.CheckUnavailable("BLACKLIST"), 14, "CHECK_UNAVAILABLE", {"check": "BLACKLIST"}),
    (errors.RevisionUnknown("2-a", "1-b"), 9, "REVISION_UNKNOWN", {"asked": "2-a", "current": "1-b"}),
    (errors.MigrationNotAllowed(), 9, "MIGRATION_NOT_ALLOWED", {"setting": "GROUPGUARD_ALLOW_MIGRATION"}),
    (errors.BindingNotAllowed("a", "c", "why"), 9, "BINDING_NOT_ALLOWED", {"rule_id": "a", "chat_id": "c"}),
    (errors.Unauthenticated("who?"), 16, "UNAUTHENTICATED", {}),
    (
        errors.PermissionDenied("no", method="Get", any_of="viewer"),
        7,
        "PERMISSION_DENIED",
        {"method": "Get", "any_of": "viewer"},
    ),
    (StoreUnavailable("gone"), 14, "STORE_UNAVAILABLE", {}),
    (StoreFull("full"), 8, "STORE_FULL", {}),
    (errors.RulesUnavailable("ww1", "why"), 14, "RULES_UNAVAILABLE", {"corp_id": "ww1"}),
    (errors.CallTooLong(10), 4, "CALL_TOO_LONG", {"seconds": "10"}),
    (errors.Overloaded("busy", 0.1, limit="500"), 8, "OVERLOADED", {"limit": "500"}),
    (errors.QuotaExceeded("ww1", 50, 0.02), 8, "QUOTA_EXCEEDED", {"limit": "50"}),
    (errors.TooManyStreams(500), 8, "TOO_MANY_STREAMS", {"limit": "500"}),
    (errors.StreamStalled("no message came", 300), 4, "STREAM_STALLED", {"seconds": "300"}),
    (RuntimeError("redis://:secret@"), 13, "INTERNAL", {"call": "id"}),
    (errors.GroupguardError("of no known kind: secret"), 13, "INTERNAL", {"call": "id"}),
]


def details(status: Any) -> list[Any]:
    unpacked = []
    for packed in status.details:
        kind = getattr(error_details_pb2, packed.type_url.rpartition(".")[2])()
        assert packed.Unpack(kind)
        unpacked.append(kind)
    return unpacked


@pytest.mark.parametrize(("error", "code", "reason", "metadata"), TABLE, ids=lambda it: str(it)[:20])
def test_an_error_has_its_code_reason_and_metadata(
    error: Exception, code: int, reason: str, metadata: dict[str, str]
) -> None:
    status = to_status(error, "id")
    info = details(status)[0]
    assert (status.code, info.reason, info.domain, dict(info.metadata)) == (
        code,
        reason,
        "groupguard",
        metadata,
    )
    assert status.message == ("internal error" if code == 13 else str(error))


def test_the_table_above_covers_the_contract() -> None:
    named = {f"ERROR_REASON_{reason}" for _, _, reason, _ in TABLE}
    assert named == set(error_reason_pb2.ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}


def test_all_violations_are_listed() -> None:
    status = to_status(errors.InvalidFields([errors.Violation(f"f{n}", f"d{n}") for n in range(50)]), "id")
    info, bad = details(status)
    assert [(it.field, it.description) for it in bad.field_violations] == [
        (f"f{n}", f"d{n}") for n in range(50)
    ]
    assert info.metadata["violations"] == "50"
    assert status.message == "f0: d0 (and 49 more)"


def test_all_limits_are_listed() -> None:
    limits = [errors.PassedLimit(f"rule r{n}", "groups of a rule", 20_000, 19_999, n + 2) for n in range(3)]
    _, quota = details(to_status(errors.LimitExceeded(limits), "id"))
    assert [it.subject for it in quota.violations] == ["rule r0", "rule r1", "rule r2"]
    assert quota.violations[2].description == (
        "rule r2: groups of a rule are limited to 20000; 19999 now, 4 more asked"
    )


def test_what_is_missing_is_named() -> None:
    _, resource = details(to_status(errors.GroupNotFound([f"wr{n}" for n in range(60)]), "id"))
    assert resource.resource_type == "group"
    assert resource.resource_name.split() == [f"wr{n}" for n in range(50)]


@pytest.mark.parametrize(("seconds", "told"), [(0.1, 0.1), (2.5, 2.5), (0.0, 0.001)])
def test_when_to_try_again_is_told(seconds: float, told: float) -> None:
    _, retry = details(to_status(errors.Overloaded("busy", seconds), "id"))
    assert retry.retry_delay.ToMilliseconds() / 1000 == told


ID = "字" * 21 + "x"
LONG = "😀" * 64


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidFields(
            [errors.Violation(f"rule.conditions.keywords.keywords[{n}].text", "d" * n) for n in range(1000)]
        ),
        errors.InvalidFields(
            [errors.Violation("update_mask", f"{LONG!r} can't be changed " + "x" * 150)] * 1000
        ),
        errors.InvalidFields([errors.Violation("f", "字" * 3000)] * 3),
        errors.InvalidFields([errors.Violation("f", "\U000e0001" * 500)]),
        errors.LimitExceeded([errors.PassedLimit(f"rule {ID}", "groups of a rule", 20_000, 1, 1)] * 100),
        errors.GroupNotFound([ID] * 2000),
        errors.RuleNotFound(["字" * 10_000]),
        errors.GroupNotFound(["x" * 1_000] * 100),
        errors.EtagMismatch("rule " + "字" * 1000, "e" * 10_000, rule_id="r" * 10_000),
        errors.BindingNotAllowed(ID, ID, f"it is a rule of member {ID}, and the group's owner is {ID}"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_status_fits_into_the_trailers_that_grpc_takes(error: Exception) -> None:
    """Above 8 KiB of metadata a call fails at random with an error that tells nothing."""
    status = to_status(error, "id")
    binary = len(base64.b64encode(status.SerializeToString()))
    message = len(quote(status.message))  # as grpc-message travels
    overhead = 3 * 32 + len("grpc-status" + "13" + "grpc-message" + "grpc-status-details-bin")
    assert binary + message + overhead < 8192
    for detail in details(status)[1:]:
        items = getattr(detail, "field_violations", None) or getattr(detail, "violations", [])
        assert len(items) <= 50
