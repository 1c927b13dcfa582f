"""Exempt customers: protos to the domain and back."""

from collections.abc import Iterable

from groupguard.rule.v1 import exemptions_pb2 as pb
from groupguard.rule.v1.rule_pb2 import Owner as OwnerProto
from rule_service.convert.rule import read_owner, write_owner
from rule_service.convert.values import timestamp
from rule_service.domain.exemptions import Exemption, list_owner
from rule_service.domain.rule import Owner, OwnerKind
from service_kit.errors import invalid


def read_list_owner(owner: OwnerProto, path: str = "owner") -> Owner:
    """Reads whose list is meant.

    Raises:
        InvalidFields: it is no owner, or a management rule, which has no list.
    """
    read = read_owner(owner, path)
    if read.kind is OwnerKind.STRATEGY:
        raise invalid(
            f"{path}.kind", "SUPER_ADMIN and MEMBER have lists of exempt customers, STRATEGY has not"
        )
    return read


def read_exemptions(
    customers: Iterable[pb.ExemptCustomer], owner: Owner, actor: str, created_at: float
) -> list[Exemption]:
    """Reads customers; output-only fields come as arguments."""
    return [Exemption(owner.id, it.external_userid, it.reason, actor, created_at) for it in customers]


def write_exemption(exemption: Exemption) -> pb.ExemptCustomer:
    """Writes an exempt customer."""
    return pb.ExemptCustomer(
        external_userid=exemption.external_userid,
        reason=exemption.reason,
        owner=write_owner(list_owner(exemption.owner_userid)),
        actor=exemption.actor,
        create_time=timestamp(exemption.created_at),
    )
