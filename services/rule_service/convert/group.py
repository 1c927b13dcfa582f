"""Groups and what a change of bindings touches: protos to the domain and back."""

from groupguard.rule.v1 import group_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service.convert.values import timestamp
from rule_service.domain.group import Group, StoredGroup
from rule_service.group_rules import BlastRadius


def read_group(group: group_pb2.Group) -> Group:
    """Reads a group."""
    return Group(
        group.chat_id, group.owner_userid, group.display_name, tuple(group.strategy_ids), group.member_count
    )


def write_group(stored: StoredGroup, active_ms: int | None = None) -> group_pb2.Group:
    """Writes a group, and when it was last active where that is told: in ms since 1970."""
    group = stored.group
    return group_pb2.Group(
        chat_id=group.chat_id,
        owner_userid=group.owner_userid,
        display_name=group.display_name,
        strategy_ids=group.strategy_ids,
        member_count=group.member_count,
        ordinal=stored.ordinal,
        last_active_time=None if active_ms is None else timestamp(active_ms / 1000),
        dismiss_time=timestamp(group.dismissed_at) if group.dismissed_at else None,
    )


def write_blast_radius(touched: BlastRadius | None) -> pb.BlastRadius | None:
    """Writes how much a change of bindings would touch."""
    if touched is None:
        return None
    return pb.BlastRadius(
        group_count=touched.groups,
        member_count=touched.members,
        rule_ids_over_limit=touched.rules_over_limit,
    )
