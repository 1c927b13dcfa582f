"""Who may do what with blacklists: the roles each method asks for, and whose list a caller may change."""

from collections.abc import Mapping

from blacklist_service.domain.entry import Addition, Blacklist, ListKind, SourceKind
from service_kit.auth import caller
from service_kit.errors import PermissionDenied

_EDITORS = frozenset({"super_admin", "member"})
_READERS = _EDITORS | {"viewer"}

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "AddEntries": _EDITORS | {"service"},
    "RemoveEntries": _EDITORS,
    "CheckCustomers": frozenset({"super_admin", "viewer", "checker", "service"}),
    "ListEntries": _READERS,
    "GetBlacklist": _READERS,
    "ImportEntries": _EDITORS,
    "ExportEntries": _READERS,
    "RemoveBySource": _EDITORS,
    "ForgetCustomer": frozenset({"super_admin"}),
    "RebuildFilter": frozenset({"super_admin", "service"}),
}
"""Role kinds, one of which a method asks for; the comments in blacklist_service.proto say the same."""


def require_add(corp_id: str, addition: Addition) -> None:
    """Checks that the caller may put these customers on this list.

    Who may change the list may; services may with source RULE.

    Raises:
        PermissionDenied: it may not.
    """
    if addition.origin.source.kind is SourceKind.RULE and caller().holds(corp_id, {"service"}):
        return
    if not _may_edit(corp_id, addition.blacklist):
        raise PermissionDenied(
            f"{addition.blacklist} is not yours to add to with source {addition.origin.source.kind.name}",
            any_of=f"{_editors(addition.blacklist)}, service with source RULE",
        )


def require_edit(corp_id: str, blacklist: Blacklist) -> None:
    """Checks that the caller may change this list freely: super administrators all, members their own.

    Raises:
        PermissionDenied: it may not.
    """
    if not _may_edit(corp_id, blacklist):
        raise PermissionDenied(f"{blacklist} is not yours to change", any_of=_editors(blacklist))


def require_edit_all(corp_id: str) -> None:
    """Checks that the caller may change all lists of a corp.

    Raises:
        PermissionDenied: it may not.
    """
    if not caller().holds(corp_id, {"super_admin"}):
        raise PermissionDenied("not all lists are yours to change; name one", any_of="super_admin")


def require_see(corp_id: str, blacklist: Blacklist) -> None:
    """Checks that the caller may read a list: viewers and super administrators all, members their own.

    Raises:
        PermissionDenied: it may not.
    """
    if not may_see(corp_id, blacklist):
        raise PermissionDenied(f"{blacklist} is not yours to see", any_of=f"{_editors(blacklist)}, viewer")


def may_see(corp_id: str, blacklist: Blacklist) -> bool:
    """Tells whether the caller may read a list."""
    return caller().holds(corp_id, {"viewer"}) or _may_edit(corp_id, blacklist)


def _may_edit(corp_id: str, blacklist: Blacklist) -> bool:
    who = caller()
    if who.holds(corp_id, {"super_admin"}):
        return True
    return blacklist.kind is ListKind.PERSONAL and who.is_role(corp_id, "member", blacklist.owner_userid)


def _editors(blacklist: Blacklist) -> str:
    own = f", member:{blacklist.owner_userid}" if blacklist.kind is ListKind.PERSONAL else ""
    return f"super_admin{own}"
