"""`groupguard check`: judges a file of messages and sums up."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest
from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Message
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_cli.failures import describe
from groupguard_cli.summary import Summary
from groupguard_client import AsyncGroupGuard

BATCH = 500
"""Messages in one call."""
CALLS_AT_ONCE = 4
_errors = Console(stderr=True)
_FIELDS = frozenset({"text", "chat_id", "external_userid", "group_nickname", "message_id"})


class BadLine(Exception):
    """A line of the file is no message."""


def check(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help='One JSON object a line: "text", and if known "chat_id", "external_userid", "group_nickname", '
            '"message_id"; other keys are left alone.',
        ),
    ],
    corp: Annotated[str, typer.Option(help="corp_id whose rules judge.")],
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
    """
    try:
        messages = list(read_messages(file, chat, sender))
    except BadLine as error:
        _errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(2) from None
    try:
        summary = asyncio.run(_check(corp, messages))
    except grpc.RpcError as error:
        _errors.print(describe(error), highlight=False)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(summary.as_dict(), ensure_ascii=False, indent=2))
    else:
        summary.print(Console())
    sys.exit(1 if summary.errors else 0)


def read_messages(file: Path, chat: str, sender: str) -> Iterator[Message]:
    """Yields a file's messages; `chat` and `sender` stand in where a line names none.

    Raises:
        BadLine: a line is no message; the text names it.
    """
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _message(f"{file}:{number}", line, chat, sender)


def _message(place: str, line: str, chat: str, sender: str) -> Message:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise BadLine(f"{place}: not JSON: {error}") from None
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise BadLine(f'{place}: an object with a string "text" is needed')
    wrong = [name for name in _FIELDS & record.keys() if not isinstance(record[name], str)]
    if wrong:
        raise BadLine(f"{place}: {', '.join(sorted(wrong))} must be a string")
    if not (chat_id := record.get("chat_id") or chat):
        raise BadLine(f"{place}: no chat_id; name one in the line or with --chat")
    message = Message(message_id=record.get("message_id", ""), chat_id=chat_id)
    message.sender.kind = SENDER_KIND_CUSTOMER
    message.sender.external_userid = record.get("external_userid") or sender
    message.sender.group_nickname = record.get("group_nickname", "")
    message.text.content = record["text"]
    return message


async def _check(corp: str, messages: list[Message]) -> Summary:
    summary = Summary()
    begun = time.perf_counter()
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with AsyncGroupGuard(timeout=30) as gg:
        with Progress(*columns, console=_errors) as progress:
            task = progress.add_task("judging", total=len(messages))
            batches = iter(_batches(messages))

            async def judge() -> None:
                for batch in batches:  # the workers share one iterator
                    request = BatchCheckMessagesRequest(corp_id=corp, messages=batch)
                    response = await gg.filter.BatchCheckMessages(request)
                    for result in response.results:
                        summary.add(result)
                    progress.advance(task, len(batch))

            async with asyncio.TaskGroup() as workers:
                for _ in range(CALLS_AT_ONCE):
                    workers.create_task(judge())
        summary.seconds = time.perf_counter() - begun
        summary.names = await _names(gg, corp, summary.rules)
    return summary


def _batches(messages: list[Message]) -> Iterator[list[Message]]:
    rest = iter(messages)
    while batch := list(islice(rest, BATCH)):
        yield batch


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
