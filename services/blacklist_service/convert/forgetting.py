"""Forgetting a customer: protos to the domain and back."""

from blacklist_service.domain.entry import ENTERPRISE
from blacklist_service.forgetting import Forgotten
from groupguard.blacklist.v1 import forgetting_pb2 as pb
from service_kit.errors import InvalidFields
from service_kit.ids import id_violations


def read_customer(request: pb.ForgetCustomerRequest) -> tuple[str, str]:
    """Reads the corp_id and the external_userid.

    Raises:
        InvalidFields: names every violation.
    """
    violations = [
        violation
        for field in ("corp_id", "external_userid")
        for violation in id_violations(field, getattr(request, field))
    ]
    if violations:
        raise InvalidFields(violations)
    return request.corp_id, request.external_userid


def write_forgotten(forgotten: Forgotten) -> pb.ForgetCustomerResponse:
    """Writes what there was of a customer."""
    enterprise = forgotten.lists.count(ENTERPRISE)
    return pb.ForgetCustomerResponse(
        enterprise_count=enterprise,
        personal_count=len(forgotten.lists) - enterprise,
        blacklist_revision=str(forgotten.revision),
    )
