"""`groupguard backtest`: sends messages to FilterService in a stream, and shows what a rule would have done."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict

from groupguard.filter.v1.backtest_pb2 import BacktestRequest, BacktestResponse
from groupguard.filter.v1.verdict_pb2 import Check, SkipReason
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard_cli.backtest.showing import show_report
from groupguard_cli.batches import progress_bar
from groupguard_cli.failures import tell
from groupguard_cli.lines import refusing_bad_lines
from groupguard_cli.messages import Line, in_batches, read_messages
from groupguard_cli.options import Corp
from groupguard_cli.rules.warnings import tell_warnings
from groupguard_cli.session import connected
from groupguard_cli.trial.drafts import draft
from groupguard_cli.trial.options import (
    STDIN,
    AllowPhrases,
    KeywordMode,
    Keywords,
    MessagesFile,
    RuleFile,
    refuse_two_stdins,
)
from groupguard_cli.wording import word

BATCH = 500
"""Messages in one part of the stream."""


def backtest(
    corp: Corp,
    file: MessagesFile = STDIN,
    rule: RuleFile = None,
    keyword: Keywords = None,
    allow: AllowPhrases = None,
    mode: KeywordMode = None,
    chat: Annotated[str, typer.Option(help="chat_id of lines that name none.")] = "backtest",
    sender: Annotated[str, typer.Option(help="external_userid of lines that name none.")] = "backtest",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """See what a rule would have done about messages of the past: nothing is kept, counted or done.

    Takes up to 1,000,000 messages and sums up: decisions, what was found how often, senders, groups, and the first
    messages that were hit. The rule is judged alone, as if it were bound to every group in the file.

    Examples:
        groupguard backtest archive.jsonl --corp ww1 --keyword 微信 --keyword 代购
        groupguard backtest archive.jsonl --corp ww1 --rule rule.json --json
    """
    refuse_two_stdins(file, rule)
    wanted = draft(rule, keyword or (), allow or (), mode)
    with refusing_bad_lines():
        lines = read_messages(file, chat, sender)
    if not lines:
        tell("No message to try the rule on.")
        return
    with (
        connected("FilterService", "GROUPGUARD_FILTER_ADDRESS") as gg,
        progress_bar("judging", len(lines)) as advance,
    ):
        report = gg.filter.Backtest(_requests(corp, wanted, lines, advance))
    tell_warnings(report.warnings)
    for skipped in report.not_evaluated:
        check, why = word(Check, skipped.check, "CHECK_"), word(SkipReason, skipped.reason, "SKIP_REASON_")
        tell(f"In some messages not looked at: {check} ({why.replace('_', ' ')}).")
    if as_json:
        print(json.dumps(_as_dict(report, lines), ensure_ascii=False, indent=2))
    else:
        show_report(report, lines)


def _requests(
    corp: str, rule: Rule, lines: list[Line], advance: Callable[[int], None]
) -> Iterator[BacktestRequest]:
    for number, batch in enumerate(in_batches(lines, BATCH)):
        messages = [line.message for line in batch]
        yield BacktestRequest(corp_id=corp, rule=None if number else rule, messages=messages)
        advance(len(batch))


def _as_dict(report: BacktestResponse, lines: list[Line]) -> dict[str, object]:
    """Returns the report for programs: protobuf JSON, with zeros and empty lists, and the lines of samples."""
    written: dict[str, object] = MessageToDict(
        report, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    written["samples"] = [
        {"line": lines[sample.index].number, **MessageToDict(sample, preserving_proto_field_name=True)}
        for sample in report.samples
    ]
    return written
