"""Commands that show who is on which list, and how lists stand."""

from collections.abc import Iterator

from groupguard.blacklist.v1.blacklist_service_pb2 import (
    CheckCustomersRequest,
    Entry,
    GetBlacklistRequest,
    GetBlacklistResponse,
    ListEntriesRequest,
)
from groupguard_cli.batches import split
from groupguard_cli.blacklist.lists import (
    CUSTOMERS_IN_CALL,
    ENTRIES,
    SERVICE,
    Customers,
    CustomersFile,
    ListOwner,
    customers_named,
    list_named,
    list_words,
)
from groupguard_cli.options import NO_LIMIT, AsJson, Corp, Limit
from groupguard_cli.output import print_list, print_one
from groupguard_cli.paging import pages
from groupguard_cli.session import connected
from groupguard_cli.wording import moment
from groupguard_client import GroupGuard


def check(
    corp: Corp,
    customers: Customers = None,
    file: CustomersFile = None,
    owner: ListOwner = "",
    as_json: AsJson = False,
) -> None:
    """Show which of some customers are listed, and why: on the corp's list, and with --owner on a member's too.

    Examples:
        groupguard blacklist check wmA wmB --corp ww1
    """
    ids = customers_named(customers, file)
    with connected(*SERVICE) as gg:
        found = _entries(gg, corp, owner, ids)
        print_list(found, ENTRIES, as_json=as_json, nothing="None of them is listed.")


def _entries(gg: GroupGuard, corp: str, owner: str, ids: list[str]) -> Iterator[Entry]:
    for part in split(ids, CUSTOMERS_IN_CALL):
        queries = [CheckCustomersRequest.Query(external_userid=id, owner_userid=owner) for id in part]
        answer = gg.blacklist.CheckCustomers(CheckCustomersRequest(corp_id=corp, queries=queries))
        for result in answer.results:
            yield from result.entries


def list_(corp: Corp, owner: ListOwner = "", limit: Limit = NO_LIMIT, as_json: AsJson = False) -> None:
    """List the entries of the corp's list, or with --owner of a member's, in no particular order.

    Examples:
        groupguard blacklist list --corp ww1
        groupguard blacklist list --corp ww1 --owner zhangmin
    """
    request = ListEntriesRequest(corp_id=corp, list=list_named(owner))
    with connected(*SERVICE) as gg:
        found = pages(gg.blacklist.ListEntries, request, "entries", limit=limit)
        print_list(found, ENTRIES, as_json=as_json, nothing="The list is empty.")


def show(corp: Corp, owner: ListOwner = "", as_json: AsJson = False) -> None:
    """Show how full a list is, and how the filter over all of the corp's lists stands.

    Examples:
        groupguard blacklist show --corp ww1
    """
    blacklist = list_named(owner)
    with connected(*SERVICE) as gg:
        answer = gg.blacklist.GetBlacklist(GetBlacklistRequest(corp_id=corp, list=blacklist))
        fields = [("list", list_words(blacklist)), *_fields(answer)]
        print_one(answer, fields, as_json=as_json)


def _fields(answer: GetBlacklistResponse) -> Iterator[tuple[str, str]]:
    yield "customers", f"{answer.count:,} of at most {answer.limit:,}"
    yield "revision", answer.blacklist_revision
    found = answer.filter
    yield (
        "filter",
        f"{found.size_bytes:,} bytes for {found.capacity:,} entries" if found.published else "not published",
    )
    if found.published:
        yield "published", f"{moment(found.publish_time)}, at {found.blacklist_revision}"
        yield "observed false positives", f"{found.observed_false_positives:.4%}"
    yield "predicted false positives", f"{found.predicted_false_positives:.4%}"
    yield (
        "since then",
        f"{found.tail_length:,} writes: {found.added_count:,} added, {found.removed_count:,} removed",
    )
