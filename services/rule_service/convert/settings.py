"""A corp's settings: protos to the domain and back."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.rule.v1 import settings_pb2 as pb
from rule_service.convert.masks import merge
from rule_service.convert.values import ValueReader, timestamp, write_enum
from rule_service.domain import settings as domain
from service_kit.errors import InvalidFields

_FAILURES = {
    pb.CHECK_FAILURE_CONTINUE: domain.CheckFailure.CONTINUE,
    pb.CHECK_FAILURE_ERROR: domain.CheckFailure.ERROR,
}
_MASKINGS = {
    pb.DecisionLog.MASKING_KEYWORDS_ONLY: domain.Masking.KEYWORDS_ONLY,
    pb.DecisionLog.MASKING_NO_TEXT: domain.Masking.NO_TEXT,
    pb.DecisionLog.MASKING_FULL_TEXT: domain.Masking.FULL_TEXT,
}

CHANGEABLE = (
    "share_exemptions",
    "check_failure",
    "decision_log",
    *(f"decision_log.{field.name}" for field in pb.DecisionLog.DESCRIPTOR.fields),
    "limits",
    *(f"limits.{field.name}" for field in pb.CorpLimits.DESCRIPTOR.fields),
)
"""Paths that UpdateCorpSettings' mask may name."""


def changed(stored: domain.StoredSettings, update: pb.CorpSettings, mask: FieldMask) -> domain.CorpSettings:
    """Returns the stored settings with the masked fields of the update in them.

    Raises:
        InvalidFields: the mask names something that can't be changed, or nothing; or the settings would not be
            valid. Names every violation.
    """
    return read_settings(merge(write_settings(stored), update, mask, CHANGEABLE, "settings"))


def read_settings(wanted: pb.CorpSettings) -> domain.CorpSettings:
    """Reads settings as a whole.

    Raises:
        InvalidFields: they would not be valid; names every violation.
    """
    reader = ValueReader()
    settings = _read(reader, wanted)
    if violations := [*reader.violations, *domain.settings_violations(settings)]:
        raise InvalidFields(violations)
    return settings


def _read(reader: ValueReader, settings: pb.CorpSettings) -> domain.CorpSettings:
    failure = settings.check_failure or pb.CHECK_FAILURE_CONTINUE
    own, highest = settings.limits, domain.GROUPGUARD_LIMITS
    return domain.CorpSettings(
        share_exemptions=settings.share_exemptions,
        check_failure=reader.read("settings.check_failure", _FAILURES, failure),
        decision_log=_read_log(reader, settings.decision_log),
        limits=domain.CorpLimits(
            rules_per_owner=own.rules_per_owner or highest.rules_per_owner,
            groups_per_rule=own.groups_per_rule or highest.groups_per_rule,
            exempt_customers_per_owner=own.exempt_customers_per_owner or highest.exempt_customers_per_owner,
        ),
    )


def _read_log(reader: ValueReader, log: pb.DecisionLog) -> domain.DecisionLog:
    path = "settings.decision_log"
    default = domain.DecisionLog()
    return domain.DecisionLog(
        enabled=log.enabled,
        masking=reader.read(
            f"{path}.masking", _MASKINGS, log.masking or write_enum(_MASKINGS, default.masking)
        ),
        retention_seconds=reader.seconds(f"{path}.retention", log.retention)
        if log.HasField("retention")
        else default.retention_seconds,
    )


def write_settings(stored: domain.StoredSettings) -> pb.CorpSettings:
    """Writes settings."""
    settings = stored.settings
    log, limits = settings.decision_log, settings.limits
    return pb.CorpSettings(
        share_exemptions=settings.share_exemptions,
        check_failure=write_enum(_FAILURES, settings.check_failure),
        decision_log=pb.DecisionLog(
            enabled=log.enabled,
            masking=write_enum(_MASKINGS, log.masking),
            retention=Duration(seconds=log.retention_seconds),
        ),
        limits=pb.CorpLimits(
            rules_per_owner=limits.rules_per_owner,
            groups_per_rule=limits.groups_per_rule,
            exempt_customers_per_owner=limits.exempt_customers_per_owner,
        ),
        etag=stored.etag,
        update_time=timestamp(stored.updated_at) if stored.revision else None,
    )
