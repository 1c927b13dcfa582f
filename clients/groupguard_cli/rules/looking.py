"""Commands that show rules."""

from typing import Annotated

import typer

from groupguard.rule.v1.problems_pb2 import ListRuleProblemsRequest, RuleProblem
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest, ListRuleGroupsRequest, ListRulesRequest
from groupguard_cli.groups.tables import GROUPS
from groupguard_cli.options import NO_LIMIT, AsJson, Corp, Limit, OwnerUserid, RuleId, StrategyId
from groupguard_cli.output import Columns, print_list
from groupguard_cli.owners import owner_named
from groupguard_cli.paging import pages
from groupguard_cli.rules.tables import RULES, print_rule
from groupguard_cli.session import connected
from groupguard_cli.wording import word

_PROBLEMS: Columns = (
    ("rule_id", lambda problem: problem.rule_id),
    ("problem", lambda problem: word(RuleProblem.Kind, problem.kind, "KIND_").replace("_", " ")),
    ("field", lambda problem: problem.field),
    ("value", lambda problem: problem.value),
    ("because of", lambda problem: problem.because_of or ", ".join(problem.other_rule_ids)),
)


def list_(
    corp: Corp,
    owner: OwnerUserid = "",
    strategy: StrategyId = "",
    limit: Limit = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List rules, the oldest first: all that you may see, or one owner's.

    Examples:
        groupguard rules list --corp ww1
        groupguard rules list --corp ww1 --owner zhangmin
    """
    request = ListRulesRequest(corp_id=corp, owner=owner_named(owner, strategy))
    with connected() as gg:
        found = pages(gg.rules.ListRules, request, "rules", limit=limit)
        print_list(found, RULES, as_json=as_json, nothing=f"No rules in {corp}.")


def show(corp: Corp, rule: RuleId, as_json: AsJson = False) -> None:
    """Show all of one rule. With --json it is what `rules update RULE -` takes.

    Examples:
        groupguard rules show $RULE --corp ww1
        groupguard rules show $RULE --corp ww1 --json > rule.json
    """
    with connected() as gg:
        found = gg.rules.GetRule(GetRuleRequest(corp_id=corp, rule_id=rule))
        print_rule(found, found, as_json=as_json)


def groups(corp: Corp, rule: RuleId, limit: Limit = NO_LIMIT, as_json: AsJson = False) -> None:
    """List the groups that a rule is bound to.

    Examples:
        groupguard rules groups $RULE --corp ww1
    """
    request = ListRuleGroupsRequest(corp_id=corp, rule_id=rule)
    with connected() as gg:
        found = pages(gg.rules.ListRuleGroups, request, "groups", limit=limit)
        print_list(found, GROUPS, as_json=as_json, nothing=f"{rule} is bound to no group.")


def problems(
    corp: Corp,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Only this rule's.")] = "",
    limit: Limit = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List rules, or parts of them, that can never act or do nothing.

    Examples:
        groupguard rules problems --corp ww1
    """
    request = ListRuleProblemsRequest(corp_id=corp, rule_id=rule)
    with connected() as gg:
        found = pages(gg.rules.ListRuleProblems, request, "problems", limit=limit)
        print_list(found, _PROBLEMS, as_json=as_json, nothing="No problems found.")
