"""`groupguard hits list`."""

import re
import time
from datetime import datetime
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.filter.v1.hits_pb2 import ListHitsRequest
from groupguard_cli.hits.options import Chat, Rule, Sender, Shadow, hit_filter
from groupguard_cli.hits.tables import HITS
from groupguard_cli.options import NO_LIMIT, AsJson, Corp, Limit
from groupguard_cli.output import print_list
from groupguard_cli.paging import pages
from groupguard_cli.session import connected

_AGO = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WHEN = "a time as 2026-11-25T08:00 in this machine's time zone, or how long ago, as 30m, 12h or 7d"


def list_(
    corp: Corp,
    rule: Rule = "",
    chat: Chat = "",
    sender: Sender = "",
    shadow: Shadow = None,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help=f"Decided then or later: {_WHEN}.")
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="Decided before.")] = "",
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="Instead of the newest.")] = False,
    limit: Limit = NO_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List logged decisions, the newest first. Rules in state SHADOW stand in brackets.

    A corp logs decisions once `groupguard corp set decision_log.enabled=true` says so.

    Examples:
        groupguard hits list --corp ww1 --since 1h
        groupguard hits list --corp ww1 --rule $RULE --oldest-first
    """
    wanted = hit_filter(rule, chat, sender, shadow)
    for text, field, option in (
        (since, wanted.start_time, "--since"),
        (until, wanted.end_time, "--until"),
    ):
        if text:
            field.CopyFrom(_read_time(text, option))
    request = ListHitsRequest(corp_id=corp, filter=wanted, oldest_first=oldest_first)
    with connected("FilterService", "GROUPGUARD_FILTER_ADDRESS") as gg:
        found = pages(gg.filter.ListHits, request, "hits", limit=limit)
        print_list(found, HITS, as_json=as_json, nothing="No such decisions are logged.")


def _read_time(text: str, option: str) -> Timestamp:
    if ago := _AGO.fullmatch(text):
        return Timestamp(seconds=int(time.time()) - int(ago[1]) * _SECONDS[ago[2]])
    try:
        read = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{_WHEN}, is needed, not {text!r}", param_hint=option) from None
    return Timestamp(seconds=int(read.timestamp()))
