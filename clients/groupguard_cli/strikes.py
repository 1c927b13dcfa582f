"""`groupguard strikes`: who was warned how often by rules that kick after warnings."""

from typing import Annotated

import typer

from groupguard.filter.v1.filter_service_pb2 import ClearStrikesRequest, ListStrikesRequest
from groupguard_cli.confirmation import confirm
from groupguard_cli.failures import tell
from groupguard_cli.options import NO_LIMIT, AsJson, Corp, Limit, Yes
from groupguard_cli.output import Columns, json_line, print_list
from groupguard_cli.paging import pages
from groupguard_cli.session import connected
from groupguard_cli.wording import moment

app = typer.Typer(
    help="""Strikes: hits of rules that kick after warnings, within 24 hours.

Examples:
    groupguard strikes list --corp ww1
    groupguard strikes clear --corp ww1 --customer wmA --yes
""",
    no_args_is_help=True,
)

Chat = Annotated[str, typer.Option("--chat", metavar="CHAT", help="Only in this group.")]
Customer = Annotated[str, typer.Option("--customer", metavar="CUSTOMER", help="Only this customer's.")]

_STRIKES: Columns = (
    ("chat_id", lambda strikes: strikes.chat_id),
    ("external_userid", lambda strikes: strikes.external_userid),
    ("rule_id", lambda strikes: strikes.rule_id),
    ("strikes", lambda strikes: str(strikes.count)),
    ("last", lambda strikes: moment(strikes.last_time)),
    ("state", lambda strikes: "shadow" if strikes.shadow else "enabled"),
)


@app.command("list")
def list_(
    corp: Corp, chat: Chat = "", customer: Customer = "", limit: Limit = NO_LIMIT, as_json: AsJson = False
) -> None:
    """List who has strikes, by group, customer and rule.

    Examples:
        groupguard strikes list --corp ww1 --chat wrShop
    """
    request = ListStrikesRequest(corp_id=corp, chat_id=chat, external_userid=customer)
    with connected() as gg:
        found = pages(gg.filter.ListStrikes, request, "strikes", limit=limit)
        print_list(found, _STRIKES, as_json=as_json, nothing="Nobody has strikes.")


@app.command()
def clear(
    corp: Corp, chat: Chat = "", customer: Customer = "", yes: Yes = False, as_json: AsJson = False
) -> None:
    """Clear the strikes of a customer, of a group, or of a customer in a group: warnings begin anew.

    Examples:
        groupguard strikes clear --corp ww1 --customer wmA --yes
    """
    if not chat and not customer:
        raise typer.BadParameter("give --chat, --customer or both", param_hint="--customer")
    whose = [f"of {customer}"] * bool(customer) + [f"in {chat}"] * bool(chat)
    confirm(f"Clear all strikes {' '.join(whose)}?", yes)
    with connected() as gg:
        request = ClearStrikesRequest(corp_id=corp, chat_id=chat, external_userid=customer)
        answer = gg.filter.ClearStrikes(request)
    if as_json:
        print(json_line(answer))
    tell(f"Strikes cleared: {answer.cleared_count:,}.")
