"""Who may do what: the roles each method asks for, and whose rules a caller may look at."""

from collections.abc import Callable, Mapping, Set

from filter_service.domain.rule import Group
from filter_service.domain.snapshot import Snapshot
from service_kit.auth import caller
from service_kit.errors import PermissionDenied

_WITH_RULES = frozenset({"super_admin", "strategy_admin", "member", "viewer"})

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "CheckMessage": frozenset({"checker"}),
    "BatchCheckMessages": frozenset({"checker"}),
    "StreamCheckMessages": frozenset({"checker"}),
    "CheckMember": frozenset({"checker"}),
    "ListStrikes": frozenset({"super_admin", "checker", "member"}),
    "ClearStrikes": frozenset({"super_admin", "member"}),
    "TestRule": _WITH_RULES | {"checker"},
    "Backtest": _WITH_RULES | {"checker"},
    "ListHits": _WITH_RULES,
    "WatchHits": _WITH_RULES,
    "GetStatistics": _WITH_RULES,
    "ForgetCustomer": frozenset({"super_admin"}),
    "GetSnapshot": frozenset({"super_admin", "viewer", "checker"}),
}
"""Role kinds, one of which a method asks for; the comments in filter_service.proto say the same."""

ANSWERING_EACH = frozenset({"StreamCheckMessages"})
"""Methods that answer each request of a stream by itself, also one that is refused."""


def sight(corp_id: str, snapshot: Snapshot) -> Callable[[str], bool] | None:
    """Returns what tells of a rule_id whether the caller may see what the rule did; None if the caller sees everything.

    Rules that are gone belong to nobody any more.
    """
    who = caller()
    if who.holds(corp_id, {"super_admin", "viewer"}):
        return None
    own = {f"{role.kind}:{role.id}" for role in who.roles_in(corp_id) if role.id}
    return lambda rule_id: (rule := snapshot.rules.get(rule_id)) is not None and rule.owning_role in own


def require_sight(sees: Callable[[str], bool] | None, rule_id: str) -> None:
    """Checks that the caller may see what a rule did; none named is all that may be seen.

    Raises:
        PermissionDenied: it may not.
    """
    if rule_id and sees is not None and not sees(rule_id):
        raise PermissionDenied(
            f"rule {rule_id[:64]} is not yours to see", any_of="super_admin, viewer, or the rule's owner"
        )


def require_group(corp_id: str, group: Group | None, roles: Set[str]) -> None:
    """Checks that the caller has one of the roles, or owns the group as a member; None stands for a group that is not there.

    Raises:
        PermissionDenied: it may not; whether there is such a group is not said.
    """
    who = caller()
    if not who.holds(corp_id, roles) and not (group and who.is_role(corp_id, "member", group.owner_userid)):
        raise PermissionDenied(
            "members have to name a group that they own, as chat_id",
            any_of=f"{', '.join(sorted(roles))}, or the group's owner",
        )
