"""`groupguard hits watch`."""

import time
from collections.abc import Iterator
from typing import Annotated

import grpc
import typer

from groupguard.filter.v1.hits_pb2 import LoggedDecision, WatchHitsRequest
from groupguard_cli.failures import tell
from groupguard_cli.hits.options import Chat, Rule, Sender, Shadow, hit_filter
from groupguard_cli.hits.tables import HITS
from groupguard_cli.options import AsJson, Corp
from groupguard_cli.output import json_line
from groupguard_cli.session import connected
from groupguard_client import GroupGuard

_PAUSE_SECONDS = 1.0
_WORTH_ANOTHER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def watch(
    corp: Corp,
    rule: Rule = "",
    chat: Chat = "",
    sender: Sender = "",
    shadow: Shadow = None,
    after: Annotated[
        str,
        typer.Option(
            "--after", metavar="CURSOR", help="Begin behind this decision, by its cursor as --json prints it."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print decisions as they are logged, a line each, until interrupted. A broken connection is taken up again.

    Examples:
        groupguard hits watch --corp ww1
    """
    request = WatchHitsRequest(
        corp_id=corp, filter=hit_filter(rule, chat, sender, shadow), after_cursor=after
    )
    with connected("FilterService", "GROUPGUARD_FILTER_ADDRESS") as gg:
        try:
            for decision in _decisions(gg, request):
                if as_json:
                    print(json_line(decision), flush=True)
                else:
                    print("\t".join(value(decision) for _, value in HITS), flush=True)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _decisions(gg: GroupGuard, request: WatchHitsRequest) -> Iterator[LoggedDecision]:
    """Yields every decision once; a stream that ends is followed by another from where it ended."""
    begun = False
    while True:
        try:
            for answer in gg.filter.WatchHits(request):
                if not begun:
                    tell("Watching.")
                begun = True
                request.after_cursor = answer.cursor
                yield from answer.hits
        except grpc.RpcError as error:
            if not begun or error.code() not in _WORTH_ANOTHER:
                raise
        time.sleep(_PAUSE_SECONDS)
