"""Histories of rules: the domain to protos."""

from groupguard.rule.v1 import history_pb2
from rule_service.convert.rule import write_rule
from rule_service.convert.values import timestamp
from rule_service.domain.history import EditKind, RuleRevision

_KINDS = {
    EditKind.CREATED: history_pb2.RuleRevision.KIND_CREATED,
    EditKind.UPDATED: history_pb2.RuleRevision.KIND_UPDATED,
    EditKind.DELETED: history_pb2.RuleRevision.KIND_DELETED,
    EditKind.RESTORED: history_pb2.RuleRevision.KIND_RESTORED,
    EditKind.IMPORTED: history_pb2.RuleRevision.KIND_IMPORTED,
}


def write_revision(change: RuleRevision) -> history_pb2.RuleRevision:
    """Writes a change."""
    return history_pb2.RuleRevision(
        revision=change.revision,
        kind=_KINDS[change.edit.kind],
        actor=change.edit.actor,
        change_time=timestamp(change.edit.at),
        reason=change.edit.reason,
        before=write_rule(change.before) if change.before else None,
        after=write_rule(change.after) if change.after else None,
    )
