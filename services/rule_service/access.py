"""Who may do what with rules: the roles each method asks for, and whose rules a caller may touch."""

from collections.abc import Mapping

from rule_service.domain.rule import Owner, OwnerKind
from service_kit.auth import caller
from service_kit.errors import PermissionDenied

_EDITORS = frozenset({"super_admin", "strategy_admin", "member"})
_READERS = _EDITORS | {"viewer"}
_REGISTRARS = frozenset({"super_admin", "registry"})
_SERVICES = frozenset({"service"})

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "CreateRule": _EDITORS,
    "ValidateRule": _READERS | _SERVICES,
    "GetRule": _READERS,
    "ListRules": _READERS,
    "UpdateRule": _EDITORS,
    "DeleteRule": _EDITORS,
    "ConfigureGroups": _EDITORS,
    "SetGroupRules": _EDITORS,
    "ListRuleGroups": _READERS,
    "ListGroupRules": _READERS,
    "UpsertGroups": _REGISTRARS,
    "DismissGroups": _REGISTRARS,
    "ListGroups": _READERS | {"registry"},
    "ReportActivity": _SERVICES,
    "ListReleasedBindings": _READERS,
    "AddExemptCustomers": frozenset({"super_admin", "member"}),
    "RemoveExemptCustomers": frozenset({"super_admin", "member"}),
    "ListExemptCustomers": frozenset({"super_admin", "viewer", "member"}),
    "ForgetCustomer": frozenset({"super_admin"}),
    "GetCorpSettings": _READERS,
    "UpdateCorpSettings": frozenset({"super_admin"}),
    "CreateRulesFromTemplate": _EDITORS,
    "RenderGroupNotice": _READERS,
    "ListRuleRevisions": _READERS,
    "RestoreRule": _EDITORS,
    "ListRuleProblems": _READERS,
    "ExportCorp": frozenset({"super_admin", "viewer", "migrator"}),
    "ImportCorp": frozenset({"super_admin", "migrator"}),
    "WatchRevisions": _SERVICES,
    "FetchRules": _SERVICES,
}
"""Role kinds, one of which a method asks for; the comments in rule_service.proto say the same."""

_OWNING_ROLE = {OwnerKind.STRATEGY: "strategy_admin", OwnerKind.MEMBER: "member"}


def may_edit(corp_id: str, owner: Owner) -> bool:
    """Tells whether the caller may write rules of this owner: super administrators all, others their own."""
    who = caller()
    if who.holds(corp_id, {"super_admin"}):
        return True
    return owner.kind in _OWNING_ROLE and who.is_role(corp_id, _OWNING_ROLE[owner.kind], owner.id)


def may_see(corp_id: str, owner: Owner) -> bool:
    """Tells whether the caller may read rules of this owner."""
    return caller().holds(corp_id, {"viewer"}) or may_edit(corp_id, owner)


def seen_lists(corp_id: str, owner: Owner | None) -> list[str] | None:
    """Returns the owner_userids of the lists of exempt customers to show; None for all.

    Args:
        corp_id: whose lists.
        owner: the only one whose list is asked for; None for all that the caller may see.
    """
    if owner is not None:
        return [owner.id]
    who = caller()
    if who.holds(corp_id, {"super_admin", "viewer"}):
        return None
    return [role.id for role in who.roles_in(corp_id) if role.kind == "member"]


def seen_owners(corp_id: str) -> frozenset[Owner] | None:
    """Returns whose rules the caller may read, by all of its roles; None for everybody's."""
    who = caller()
    if who.holds(corp_id, {"super_admin", "viewer"}):
        return None
    kinds = {role: kind for kind, role in _OWNING_ROLE.items()}
    return frozenset(Owner(kinds[it.kind], it.id) for it in who.roles_in(corp_id) if it.kind in kinds)


def group_sight(corp_id: str) -> frozenset[Owner] | None:
    """Returns whose groups the caller may look at, a member's or a management rule's; None for all groups."""
    return None if caller().holds(corp_id, {"registry"}) else seen_owners(corp_id)


def require_edit(corp_id: str, owner: Owner, what: str = "rules") -> None:
    """Checks that the caller may write rules of this owner, or `what` else is named.

    Raises:
        PermissionDenied: it may not.
    """
    if not may_edit(corp_id, owner):
        raise PermissionDenied(f"{what} of {owner} are not yours to change", any_of=_roles(owner))


def require_import(corp_id: str, migrate: bool) -> None:
    """Checks that the caller may import: as a super administrator, or in migration mode as a migrator.

    Raises:
        PermissionDenied: it may not.
    """
    needed = "migrator" if migrate else "super_admin"
    if not caller().holds(corp_id, {needed}):
        mode = "in migration mode" if migrate else "outside of migration mode"
        raise PermissionDenied(
            f"ImportCorp {mode} needs the role {needed}", method="ImportCorp", any_of=needed
        )


def require_see(corp_id: str, owner: Owner | None, what: str = "rules") -> None:
    """Checks that the caller may read rules of this owner, or `what` else is named; None stands for all owners.

    Raises:
        PermissionDenied: it may not.
    """
    if owner is not None and not may_see(corp_id, owner):
        raise PermissionDenied(f"{what} of {owner} are not yours to see", any_of=f"viewer, {_roles(owner)}")


def require_validate(corp_id: str, owner: Owner) -> None:
    """Checks that the caller may have rules of this owner validated: services all, others those they may read.

    Raises:
        PermissionDenied: it may not.
    """
    if not (caller().holds(corp_id, {"service"}) or may_see(corp_id, owner)):
        raise PermissionDenied(
            f"rules of {owner} are not yours to see", any_of=f"service, viewer, {_roles(owner)}"
        )


def _roles(owner: Owner) -> str:
    own = f", {_OWNING_ROLE[owner.kind]}:{owner.id}" if owner.kind in _OWNING_ROLE else ""
    return f"super_admin{own}"
