"""RuleService's corp settings, as far as judging and recording need them."""

from filter_service.domain.decision_log import DecisionLog, Masking
from filter_service.domain.snapshot import CorpSettings
from groupguard.rule.v1 import settings_pb2 as pb

_MASKINGS = {pb.DecisionLog.Masking.Value(f"MASKING_{masking.name}"): masking for masking in Masking}


def read_settings(settings: pb.CorpSettings) -> CorpSettings:
    """Reads settings; a masking that this version does not know masks everything."""
    log = settings.decision_log
    default = DecisionLog()
    return CorpSettings(
        share_exemptions=settings.share_exemptions,
        fail_unchecked=settings.check_failure == pb.CHECK_FAILURE_ERROR,
        decision_log=DecisionLog(
            log.enabled,
            _MASKINGS.get(log.masking, Masking.NO_TEXT) if log.masking else default.masking,
            log.retention.seconds if log.HasField("retention") else default.retention_seconds,
        ),
    )
