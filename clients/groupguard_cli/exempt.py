"""`groupguard exempt`: customers whom no rule holds for."""

from pathlib import Path
from typing import Annotated

import typer

from groupguard.rule.v1.exemptions_pb2 import (
    AddExemptCustomersRequest,
    ExemptCustomer,
    ListExemptCustomersRequest,
    RemoveExemptCustomersRequest,
)
from groupguard_cli.batches import send_all, split
from groupguard_cli.failures import tell
from groupguard_cli.lines import read_ids, refusing_bad_lines
from groupguard_cli.options import NO_LIMIT, AsJson, Corp, Limit
from groupguard_cli.output import Columns, json_line, print_list
from groupguard_cli.owners import owner_named, owner_or_admins
from groupguard_cli.paging import pages
from groupguard_cli.session import connected
from groupguard_cli.wording import moment

app = typer.Typer(
    help="""Customers whom no rule holds for: in the whole corp, or in one member's groups.

Examples:
    groupguard exempt add wmA wmB --corp ww1
    groupguard exempt list --corp ww1
""",
    no_args_is_help=True,
)
CUSTOMERS_IN_CALL = 1_000

Customers = Annotated[
    list[str] | None, typer.Argument(metavar="CUSTOMER", help="external_userid, any number.")
]
CustomersFile = Annotated[
    Path | None,
    typer.Option("--file", help="One external_userid a line; - is stdin."),
]
ListOwner = Annotated[
    str, typer.Option("--owner", metavar="USERID", help="This member's list instead of the whole corp's.")
]

_EXEMPT: Columns = (
    ("external_userid", lambda customer: customer.external_userid),
    ("in", lambda customer: f"groups of {customer.owner.userid}" if customer.owner.userid else "all groups"),
    ("reason", lambda customer: customer.reason),
    ("who", lambda customer: customer.actor),
    ("since", lambda customer: moment(customer.create_time)),
)


@app.command()
def add(
    corp: Corp,
    customers: Customers = None,
    file: CustomersFile = None,
    owner: ListOwner = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Exempt customers from all rules, in the whole corp or with --owner in one member's groups.

    Examples:
        groupguard exempt add wmA wmB --corp ww1 --reason "our own shop"
        groupguard exempt add --file customers.txt --corp ww1 --owner zhangmin
    """
    ids = _named(customers, file)
    requests = [
        (
            len(part),
            AddExemptCustomersRequest(
                corp_id=corp,
                owner=owner_or_admins(owner),
                customers=[ExemptCustomer(external_userid=id, reason=reason) for id in part],
            ),
        )
        for part in split(ids, CUSTOMERS_IN_CALL)
    ]
    count = 0
    with connected() as gg:
        for answer in send_all(gg.rules.AddExemptCustomers, requests, title="exempting", unit="customers"):
            count += answer.added_count
            if as_json:
                print(json_line(answer))
    tell(f"Newly exempt: {count:,} of {len(ids):,}.")


@app.command()
def remove(
    corp: Corp,
    customers: Customers = None,
    file: CustomersFile = None,
    owner: ListOwner = "",
    as_json: AsJson = False,
) -> None:
    """Exempt customers no longer.

    Examples:
        groupguard exempt remove wmA --corp ww1
    """
    ids = _named(customers, file)
    requests = [
        (
            len(part),
            RemoveExemptCustomersRequest(corp_id=corp, owner=owner_or_admins(owner), external_userids=part),
        )
        for part in split(ids, CUSTOMERS_IN_CALL)
    ]
    count = 0
    with connected() as gg:
        for answer in send_all(gg.rules.RemoveExemptCustomers, requests, title="removing", unit="customers"):
            count += answer.removed_count
            if as_json:
                print(json_line(answer))
    tell(f"Exempt no longer: {count:,} of {len(ids):,}.")


@app.command("list")
def list_(
    corp: Corp,
    owner: Annotated[str, typer.Option("--owner", metavar="USERID", help="Only this member's list.")] = "",
    corp_list: Annotated[bool, typer.Option("--corp-list", help="Only the whole corp's list.")] = False,
    customer: Annotated[
        str, typer.Option("--customer", metavar="CUSTOMER", help="Whose lists is this customer on?")
    ] = "",
    limit: Limit = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List exempt customers: the whole corp's list, then every member's, as far as you may see them.

    Examples:
        groupguard exempt list --corp ww1
        groupguard exempt list --corp ww1 --customer wmA
    """
    if owner and corp_list:
        raise typer.BadParameter("give --owner or --corp-list, not both", param_hint="--corp-list")
    whose = owner_or_admins("") if corp_list else owner_named(owner)
    request = ListExemptCustomersRequest(corp_id=corp, owner=whose, external_userid=customer)
    with connected() as gg:
        found = pages(gg.rules.ListExemptCustomers, request, "customers", limit=limit)
        print_list(found, _EXEMPT, as_json=as_json, nothing="No customers are exempt.")


def _named(customers: Customers, file: Path | None) -> list[str]:
    with refusing_bad_lines():
        ids = read_ids(customers, file)
    if not ids:
        raise typer.BadParameter("name customers, or give --file", param_hint="CUSTOMER")
    return ids
