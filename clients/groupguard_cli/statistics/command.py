"""`groupguard statistics`: what rules did, as tables."""

from typing import Annotated

import grpc
import typer

from groupguard.filter.v1.statistics_pb2 import GetStatisticsRequest, GetStatisticsResponse
from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from groupguard_cli.options import NO_LIMIT, AsJson, Corp
from groupguard_cli.output import json_line, print_list
from groupguard_cli.paging import pages
from groupguard_cli.session import connected
from groupguard_cli.statistics.tables import DAYS, GROUPS, rule_columns, silent_columns
from groupguard_client import GroupGuard


def statistics(
    corp: Corp,
    days: Annotated[int, typer.Option(min=1, max=35, help="The last days, today included.")] = 7,
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="Only this rule.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what rules did, and what those in state SHADOW would have done.

    Days are UTC's. Messages judged again by their message_id count once.

    Examples:
        groupguard statistics --corp ww1 --days 30
    """
    with connected("FilterService", "GROUPGUARD_FILTER_ADDRESS") as gg:
        answer = gg.filter.GetStatistics(GetStatisticsRequest(corp_id=corp, days=days, rule_id=rule))
        if as_json:
            print(json_line(answer))
        else:
            _show(answer, _names(gg, corp))


def _show(answer: GetStatisticsResponse, names: dict[str, str]) -> None:
    sections = (
        (answer.days, DAYS),
        (answer.rules, rule_columns(names)),
        (answer.groups, GROUPS),
        (answer.silent_rules, silent_columns(names)),
    )
    shown = 0
    for items, columns in sections:
        if items:
            if shown:
                print()
            print_list(items, columns, as_json=False, nothing="")
            shown += 1
    if not shown:
        print_list([], DAYS, as_json=False, nothing="Nothing was judged in this time.")


def _names(gg: GroupGuard, corp: str) -> dict[str, str]:
    """Returns the rules' names, as far as RuleService can be reached and the caller may see them."""
    try:
        rules = pages(gg.rules.ListRules, ListRulesRequest(corp_id=corp), "rules", limit=NO_LIMIT)
        return {rule.rule_id: rule.display_name for rule in rules}
    except grpc.RpcError:
        return {}
