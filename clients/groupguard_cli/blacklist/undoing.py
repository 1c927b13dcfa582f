"""Commands that undo what an import or a rule did, and that make the filter anew."""

from typing import Annotated

import typer

from groupguard.blacklist.v1.blacklist_service_pb2 import (
    SOURCE_KIND_IMPORT,
    SOURCE_KIND_RULE,
    RemoveBySourceRequest,
    RemoveBySourceResponse,
    Source,
)
from groupguard.blacklist.v1.filter_pb2 import RebuildFilterRequest, RebuildFilterResponse
from groupguard_cli.batches import progress_bar
from groupguard_cli.blacklist.lists import SERVICE, list_named
from groupguard_cli.confirmation import confirm
from groupguard_cli.failures import show, tell
from groupguard_cli.options import AsJson, Corp, Yes
from groupguard_cli.output import json_line
from groupguard_cli.session import connected


def remove_source(
    corp: Corp,
    import_id: Annotated[str, typer.Option("--import", metavar="ID", help="What this import put on.")] = "",
    rule_id: Annotated[str, typer.Option("--rule", metavar="RULE", help="What this rule put on.")] = "",
    owner: Annotated[
        str, typer.Option("--owner", metavar="USERID", help="Only from this member's list.")
    ] = "",
    corp_list: Annotated[bool, typer.Option("--corp-list", help="Only from the corp's own list.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take off all lists what one import or one rule put on. Given again it does what is left.

    Examples:
        groupguard blacklist remove-source --corp ww1 --import spring --yes
        groupguard blacklist remove-source --corp ww1 --rule $RULE --yes
    """
    if bool(import_id) == bool(rule_id):
        raise typer.BadParameter("give --import or --rule", param_hint="--import")
    if owner and corp_list:
        raise typer.BadParameter("give --owner or --corp-list, not both", param_hint="--corp-list")
    kind = SOURCE_KIND_IMPORT if import_id else SOURCE_KIND_RULE
    request = RemoveBySourceRequest(
        corp_id=corp,
        source=Source(kind=kind, id=import_id or rule_id),
        list=list_named(owner) if owner or corp_list else None,
    )
    what = f"import {import_id}" if import_id else f"rule {rule_id}"
    confirm(f"Take off everything that {what} put on {'a list' if owner or corp_list else 'any list'}?", yes)
    answer, done = RemoveBySourceResponse(), 0
    with connected(*SERVICE) as gg:
        try:
            with progress_bar("looking through", None) as advance:
                for answer in gg.blacklist.RemoveBySource(request):
                    advance(answer.done_count - done)
                    done = answer.done_count
        finally:
            tell(f"Off the lists: {answer.removed_count:,}.")
    if as_json:
        print(json_line(answer))


def rebuild(corp: Corp, as_json: AsJson = False) -> None:
    """Make the filter over the corp's lists anew, which otherwise happens by itself when it is due.

    Examples:
        groupguard blacklist rebuild --corp ww1
    """
    answer, done = RebuildFilterResponse(), 0
    with connected(*SERVICE) as gg, progress_bar("rebuilding", None) as advance:
        for answer in gg.blacklist.RebuildFilter(RebuildFilterRequest(corp_id=corp)):
            advance(answer.done_count - done)
            done = answer.done_count
    if not answer.filter.published:
        show("The filter was not published: another replica took over.")
        raise typer.Exit(1)
    if as_json:
        print(json_line(answer))
    tell(f"Filter: {answer.filter.size_bytes:,} bytes over {answer.done_count:,} entries.")
