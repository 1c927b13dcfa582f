"""`groupguard rules template`: a trade's rules, to begin with."""

from enum import StrEnum
from typing import Annotated

import typer

from groupguard.rule.v1.rule_pb2 import RuleState
from groupguard.rule.v1.templates_pb2 import CreateRulesFromTemplateRequest, RuleTemplate
from groupguard_cli.failures import tell
from groupguard_cli.options import AsJson, Corp, DryRun, OwnerUserid, StrategyId
from groupguard_cli.output import json_line, print_list
from groupguard_cli.owners import owner_or_admins
from groupguard_cli.rules.tables import RULES
from groupguard_cli.rules.wanted import State
from groupguard_cli.session import connected


class Trade(StrEnum):
    """Trades that there is a template for."""

    RETAIL = "retail"
    RESTAURANT = "restaurant"
    EDUCATION = "education"


def template(
    corp: Corp,
    trade: Annotated[Trade, typer.Argument(help="Whose rules.")],
    competitor: Annotated[
        list[str] | None,
        typer.Option("--competitor", metavar="NAME", help="A competitor's name to look for."),
    ] = None,
    allow_page: Annotated[
        list[str] | None,
        typer.Option("--allow-page", metavar="PAGE", help="An own page, as shop.ok.com/spring."),
    ] = None,
    allow_mini_program: Annotated[
        list[str] | None,
        typer.Option("--allow-mini-program", metavar="APP", help="An own mini program: appid or username."),
    ] = None,
    owner: OwnerUserid = "",
    strategy: StrategyId = "",
    state: Annotated[State, typer.Option("--state", help="The state of all of them.")] = State.DISABLED,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create a trade's rules, real ones that can be changed afterwards; they are bound to no group yet.

    Examples:
        groupguard rules template retail --corp ww1 --dry-run
        groupguard rules template retail --corp ww1 --allow-page shop.ok.com
    """
    request = CreateRulesFromTemplateRequest(
        corp_id=corp,
        template=RuleTemplate.Value(f"RULE_TEMPLATE_{trade.name}"),
        owner=owner_or_admins(owner, strategy),
        competitor_names=competitor,
        web_whitelist=allow_page,
        mini_program_whitelist=allow_mini_program,
        state=RuleState.Value(f"RULE_STATE_{state.name}"),
        validate_only=dry_run,
    )
    with connected() as gg:
        answer = gg.rules.CreateRulesFromTemplate(request)
        if as_json:
            print(json_line(answer))
        else:
            print_list(answer.rules, RULES, as_json=False, nothing="The template has no rules.")
        if dry_run:
            tell("Nothing was created.")
