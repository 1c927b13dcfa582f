"""Customers whom no rule holds for (不受规则限制的客户)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rule_service.domain import limits
from rule_service.domain.rule import Owner, OwnerKind
from rule_service.domain.violations import count_violations, ids_violations, repeat_violations, too_long
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations


@dataclass(frozen=True, slots=True)
class Exemption:
    """A customer on one list of exempt ones."""

    owner_userid: str
    """Whose list; empty for the corp's."""
    external_userid: str
    reason: str
    actor: str
    """Name of the caller who put the customer there."""
    created_at: float
    """Seconds since 1970."""


def list_owner(owner_userid: str) -> Owner:
    """Returns the owner of a list."""
    return Owner(OwnerKind.MEMBER, owner_userid) if owner_userid else Owner(OwnerKind.SUPER_ADMIN)


def exemption_violations(exemption: Exemption, path: str) -> Iterator[Violation]:
    """Yields what is wrong with an exemption; `path` is its place in the request."""
    yield from id_violations(f"{path}.external_userid", exemption.external_userid)
    if len(exemption.reason) > limits.EXEMPTION_REASON_CHARACTERS:
        yield too_long(f"{path}.reason", exemption.reason, limits.EXEMPTION_REASON_CHARACTERS)


def validate_exemptions(owner: Owner, exemptions: Sequence[Exemption]) -> None:
    """Checks what an AddExemptCustomers call names.

    Raises:
        InvalidFields: names every violation, by its path in the request.
    """
    violations = [
        *_owner(owner),
        *count_violations("customers", len(exemptions), limits.EXEMPT_CUSTOMERS_PER_CALL),
    ]
    for index, exemption in enumerate(exemptions):
        violations += exemption_violations(exemption, f"customers[{index}]")
    violations += repeat_violations(
        "customers", [it.external_userid for it in exemptions], ".external_userid"
    )
    if violations:
        raise InvalidFields(violations)


def validate_removal(owner: Owner, external_userids: Sequence[str]) -> None:
    """Checks what a RemoveExemptCustomers call names.

    Raises:
        InvalidFields: names every violation.
    """
    violations = [
        *_owner(owner),
        *ids_violations("external_userids", external_userids, limits.EXEMPT_CUSTOMERS_PER_CALL),
    ]
    if violations:
        raise InvalidFields(violations)


def _owner(owner: Owner) -> Iterator[Violation]:
    if owner.kind is OwnerKind.MEMBER:
        yield from id_violations("owner.userid", owner.id)
