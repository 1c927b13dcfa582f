"""Commands that put customers on a list and take them off."""

from typing import Annotated

import typer

from groupguard.blacklist.v1.blacklist_service_pb2 import (
    AddEntriesRequest,
    AddEntriesResponse,
    CheckCustomersRequest,
    RemoveEntriesRequest,
    RemoveEntriesResponse,
)
from groupguard_cli.batches import send_all, split
from groupguard_cli.blacklist.lists import (
    CUSTOMERS_IN_CALL,
    SERVICE,
    Customers,
    CustomersFile,
    Expires,
    ListOwner,
    customers_named,
    list_named,
    read_time,
)
from groupguard_cli.failures import tell
from groupguard_cli.options import AsJson, Corp, DryRun
from groupguard_cli.output import json_line
from groupguard_cli.session import connected
from groupguard_client import GroupGuard


def add(
    corp: Corp,
    customers: Customers = None,
    file: CustomersFile = None,
    owner: ListOwner = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    expires: Expires = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put customers on the corp's list, or with --owner on a member's. For files with more than ids there is `import`.

    Examples:
        groupguard blacklist add wmA --corp ww1 --reason 刷单 --expires 2090-01-31
        groupguard blacklist add --file customers.txt --corp ww1 --owner zhangmin
    """
    ids = customers_named(customers, file)
    try:
        expire_time = read_time(expires)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from None
    requests = [
        (
            len(part),
            AddEntriesRequest(
                corp_id=corp,
                list=list_named(owner),
                external_userids=part,
                reason=reason,
                expire_time=expire_time,
            ),
        )
        for part in split(ids, CUSTOMERS_IN_CALL)
    ]
    with connected(*SERVICE) as gg:
        if dry_run:
            listed = _listed(gg, corp, owner, ids)
            tell(f"{len(ids) - listed:,} of {len(ids):,} would be new on the list. Nothing was changed.")
            return
        new = 0
        for answer in send_all(gg.blacklist.AddEntries, requests, title="adding", unit="customers"):
            new += sum(it == AddEntriesResponse.OUTCOME_ADDED for it in answer.outcomes)
            if as_json:
                print(json_line(answer))
    tell(f"New on the list: {new:,} of {len(ids):,}; it has {answer.count:,} of at most {answer.limit:,}.")


def remove(
    corp: Corp,
    customers: Customers = None,
    file: CustomersFile = None,
    owner: ListOwner = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take customers off the corp's list, or with --owner off a member's.

    Examples:
        groupguard blacklist remove wmA --corp ww1
    """
    ids = customers_named(customers, file)
    requests = [
        (len(part), RemoveEntriesRequest(corp_id=corp, list=list_named(owner), external_userids=part))
        for part in split(ids, CUSTOMERS_IN_CALL)
    ]
    with connected(*SERVICE) as gg:
        if dry_run:
            listed = _listed(gg, corp, owner, ids)
            tell(f"{listed:,} of {len(ids):,} would go off the list. Nothing was changed.")
            return
        gone = 0
        for answer in send_all(gg.blacklist.RemoveEntries, requests, title="removing", unit="customers"):
            gone += sum(it == RemoveEntriesResponse.OUTCOME_REMOVED for it in answer.outcomes)
            if as_json:
                print(json_line(answer))
    tell(f"Off the list: {gone:,} of {len(ids):,}; it has {answer.count:,}.")


def _listed(gg: GroupGuard, corp: str, owner: str, ids: list[str]) -> int:
    """Returns how many of the customers are on the list."""
    requests = [
        (
            len(part),
            CheckCustomersRequest(
                corp_id=corp,
                queries=[CheckCustomersRequest.Query(external_userid=id, owner_userid=owner) for id in part],
            ),
        )
        for part in split(ids, CUSTOMERS_IN_CALL)
    ]
    found = (
        any(entry.list == list_named(owner) for entry in result.entries)
        for _, request in requests
        for result in gg.blacklist.CheckCustomers(request).results
    )
    return sum(found)
