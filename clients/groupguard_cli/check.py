"""`groupguard check`: judges a file of messages and sums up."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_cli.failures import report
from groupguard_cli.lines import refusing_bad_lines
from groupguard_cli.messages import Line, in_batches, read_messages
from groupguard_cli.options import Corp
from groupguard_cli.session import tls_of_environment
from groupguard_cli.summary import Summary
from groupguard_cli.summary_tables import print_summary
from groupguard_client import AsyncGroupGuard, Tls

BATCH = 500
"""Messages in one call."""
CALLS_AT_ONCE = 4


def check(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help='One JSON object a line: "text", and if known "chat_id", "external_userid", "group_nickname", '
            '"message_id", "send_time" as 2026-11-25T08:00:00Z; other keys are left alone. Any other kind of message as in protobuf JSON: '
            '{"link": {"title": …, "url": …}}.',
        ),
    ],
    corp: Corp,
    chat: Annotated[str, typer.Option(help="chat_id of lines that name none.")] = "",
    sender: Annotated[
        str, typer.Option(help="external_userid of lines that name none.")
    ] = "wmGroupguardCheck",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Judge a file of messages by a corp's rules and sum up by rule and keyword.

    The services are found by GROUPGUARD_FILTER_ADDRESS and GROUPGUARD_RULE_ADDRESS, on loopback by default.
    Mind that checks are real: rules that blacklist or count warnings do so.
    Ends with exit code 1 if some messages could not be judged.

    Examples:
        groupguard check messages.jsonl --corp ww1 --chat wrShop
        groupguard check archive.jsonl --corp ww1 --json > summary.json
    """
    with refusing_bad_lines():
        lines = read_messages(file, chat, sender)
    tls = tls_of_environment()
    try:
        summary = asyncio.run(_check(corp, lines, tls))
    except grpc.RpcError as error:
        report(error, "FilterService", "GROUPGUARD_FILTER_ADDRESS")
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(summary.as_dict(), ensure_ascii=False, indent=2))
    else:
        print_summary(summary, Console())
    sys.exit(1 if summary.errors else 0)


async def _check(corp: str, lines: list[Line], tls: Tls | None) -> Summary:
    summary = Summary()
    begun = time.perf_counter()
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with AsyncGroupGuard(tls=tls, timeout=30) as gg:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("judging", total=len(lines))
            batches = in_batches(lines, BATCH)

            async def judge() -> None:
                for batch in batches:  # the workers share one iterator
                    messages = [line.message for line in batch]
                    request = BatchCheckMessagesRequest(corp_id=corp, messages=messages)
                    response = await gg.filter.BatchCheckMessages(request)
                    for line, result in zip(batch, response.results, strict=True):
                        summary.add(result, f"line {line.number}")
                    progress.advance(task, len(batch))

            try:
                async with asyncio.TaskGroup() as workers:
                    for _ in range(CALLS_AT_ONCE):
                        workers.create_task(judge())
            except ExceptionGroup as failures:
                raise failures.exceptions[0] from None  # the first one ended the others
        summary.seconds = time.perf_counter() - begun
        summary.names = await _names(gg, corp, summary.rules)
    return summary


async def _names(gg: Any, corp: str, rule_ids: Iterable[str]) -> dict[str, str]:
    """Returns the rules' names, as far as RuleService can be reached and the caller may see them."""
    names = {}
    for rule_id in rule_ids:
        try:
            names[rule_id] = (
                await gg.rules.GetRule(GetRuleRequest(corp_id=corp, rule_id=rule_id))
            ).display_name
        except grpc.RpcError:
            break
    return names
