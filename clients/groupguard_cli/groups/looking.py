"""Commands that show groups."""

from typing import Annotated

import typer

from groupguard.rule.v1.group_registry_pb2 import ListGroupsRequest, ListReleasedBindingsRequest
from groupguard.rule.v1.rule_service_pb2 import ListGroupRulesRequest
from groupguard.rule.v1.templates_pb2 import RenderGroupNoticeRequest
from groupguard_cli.failures import tell
from groupguard_cli.groups.tables import GROUPS
from groupguard_cli.options import NO_LIMIT, AsJson, ChatId, Corp, Limit, OwnerUserid, StrategyId
from groupguard_cli.output import Columns, json_line, print_list
from groupguard_cli.paging import pages
from groupguard_cli.rules.tables import RULES
from groupguard_cli.session import connected
from groupguard_cli.wording import moment

_PAGE = 2_000
"""Groups the server gives at once at most."""
_RELEASED: Columns = (
    ("time", lambda released: moment(released.release_time)),
    ("rule_id", lambda released: released.rule_id),
    ("groups", lambda released: ", ".join(released.chat_ids)),
    ("who", lambda released: released.actor),
    ("revision", lambda released: str(released.revision)),
)


def list_(
    corp: Corp,
    owner: OwnerUserid = "",
    strategy: StrategyId = "",
    recent: Annotated[
        bool, typer.Option("--recent", help="The 2,000 most recently active, the most recent first.")
    ] = False,
    limit: Limit = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List the groups of the registry that live.

    Examples:
        groupguard groups list --corp ww1
    """
    request = ListGroupsRequest(
        corp_id=corp, owner_userid=owner, strategy_id=strategy, recently_active=recent
    )
    with connected() as gg:
        found = pages(gg.rules.ListGroups, request, "groups", limit=limit, page=_PAGE)
        print_list(found, GROUPS, as_json=as_json, nothing=f"No groups in {corp}.")


def rules(corp: Corp, chat: ChatId, limit: Limit = NO_LIMIT, as_json: AsJson = False) -> None:
    """List the rules that are bound to a group.

    Examples:
        groupguard groups rules wrShop --corp ww1
    """
    request = ListGroupRulesRequest(corp_id=corp, chat_id=chat)
    with connected() as gg:
        found = pages(gg.rules.ListGroupRules, request, "rules", limit=limit)
        print_list(found, RULES, as_json=as_json, nothing=f"No rule is bound to {chat}.")


def notice(corp: Corp, chat: ChatId, as_json: AsJson = False) -> None:
    """Write the announcement that tells a group's members the rules in force.

    Examples:
        groupguard groups notice wrShop --corp ww1
    """
    with connected() as gg:
        answer = gg.rules.RenderGroupNotice(RenderGroupNoticeRequest(corp_id=corp, chat_id=chat))
        if as_json:
            print(json_line(answer))
        elif answer.notice:
            print(answer.notice)
        else:
            tell(f"No enabled rule is bound to {chat}.")


def released(
    corp: Corp,
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="Only this rule's.")] = "",
    limit: Limit = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List bindings that went because groups changed hands or were dismissed, the newest first.

    Examples:
        groupguard groups released --corp ww1 --limit 20
    """
    request = ListReleasedBindingsRequest(corp_id=corp, rule_id=rule)
    with connected() as gg:
        found = pages(gg.rules.ListReleasedBindings, request, "released_bindings", limit=limit)
        print_list(found, _RELEASED, as_json=as_json, nothing="No bindings were released.")
