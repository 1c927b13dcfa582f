"""Changes for followers."""

from groupguard.rule.v1 import changes_pb2, exemptions_pb2
from rule_service.convert.group import write_group
from rule_service.convert.rule import write_rule
from rule_service.convert.settings import write_settings
from rule_service.convert.values import write_enum
from rule_service.domain.group import StoredGroup
from rule_service.domain.rule import StoredRule
from rule_service.domain.settings import StoredSettings
from rule_service.store import BindingChange, Change, DeletedRule, ExemptionChange, Operation

_OPERATIONS = {
    changes_pb2.BindingChange.OPERATION_SET: Operation.SET,
    changes_pb2.BindingChange.OPERATION_BIND: Operation.BIND,
    changes_pb2.BindingChange.OPERATION_UNBIND: Operation.UNBIND,
}


def write_change(change: Change) -> changes_pb2.Change:
    """Writes a change."""
    match change:
        case StoredRule():
            return changes_pb2.Change(rule=write_rule(change))
        case DeletedRule(rule_id):
            return changes_pb2.Change(deleted_rule_id=rule_id)
        case StoredGroup():
            return changes_pb2.Change(group=write_group(change))
        case BindingChange():
            return changes_pb2.Change(
                binding=changes_pb2.BindingChange(
                    operation=write_enum(_OPERATIONS, change.operation),
                    rule_ids=change.rule_ids,
                    chunk=change.chunk,
                    bitmap=change.bitmap.rstrip(b"\0"),
                )
            )
        case ExemptionChange():
            return changes_pb2.Change(
                exemption=exemptions_pb2.ExemptionChange(
                    owner_userid=change.owner_userid,
                    added_external_userids=change.added,
                    removed_external_userids=change.removed,
                )
            )
        case StoredSettings():
            return changes_pb2.Change(settings=write_settings(change))
