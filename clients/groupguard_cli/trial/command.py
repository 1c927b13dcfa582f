"""`groupguard test-rule`: asks FilterService what a rule would find, batch by batch, and shows it."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.json_format import MessageToDict

from groupguard.filter.v1.filter_service_pb2 import TestRuleRequest, TestRuleResponse
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard_cli.failures import show, tell
from groupguard_cli.lines import file_name, refusing_bad_lines
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
from groupguard_cli.trial.showing import Screen, show_result
from groupguard_cli.trial.texts import content_of
from groupguard_cli.trial.totals import Totals
from groupguard_client import GroupGuard, failure

BATCH = 100
"""Messages in one call."""
_NOWHERE = "test-rule"
"""Stands for the group and the sender, which a trial does not look at."""
_SAMPLE = re.compile(r"samples\[(\d+)\]\.?")


def try_rule(
    corp: Corp,
    file: MessagesFile = STDIN,
    rule: RuleFile = None,
    keyword: Keywords = None,
    allow: AllowPhrases = None,
    mode: KeywordMode = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print an object a message: its line, hit_count, hits and excused hits."),
    ] = False,
) -> None:
    """Try a rule on messages before it is saved: nothing is kept, nothing is counted, nothing follows.

    Shows every message with its hits, a line for each hit, and totals. On a terminal what was found is coloured; in a
    pipe, or with NO_COLOR, it stands in ⟦…⟧, and what is excused in ⟨…⟩. Long texts are shortened around it.
    Ends with exit code 0 whatever is found.

    Examples:
        groupguard test-rule messages.jsonl --corp ww1 --keyword 微信 --mode exact
        groupguard test-rule messages.jsonl --corp ww1 --rule rule.json
    """
    refuse_two_stdins(file, rule)
    wanted = draft(rule, keyword or (), allow or (), mode)
    with refusing_bad_lines():
        lines = read_messages(file, _NOWHERE, _NOWHERE)
    if not lines:
        tell("No message to try the rule on.")
        return
    totals, screen = Totals(), Screen()
    with connected("FilterService", "GROUPGUARD_FILTER_ADDRESS") as gg:
        for number, (batch, answer) in enumerate(_answers(gg, corp, wanted, file, lines)):
            if not number:
                _tell_more(answer)
            for line, result in zip(batch, answer.results, strict=True):
                totals.add(result)
                if as_json:
                    print(json.dumps(_as_dict(line.number, result), ensure_ascii=False))
                else:
                    show_result(screen, line.number, content_of(line.message), result)
    if not as_json:
        screen.note("")
        for said in totals.lines(answer.rule):
            screen.note(said)


def _answers(
    gg: GroupGuard, corp: str, rule: Rule, file: Path, lines: list[Line]
) -> Iterator[tuple[Sequence[Line], TestRuleResponse]]:
    for batch in in_batches(lines, BATCH):
        samples = [content_of(line.message) for line in batch]
        try:
            yield batch, gg.filter.TestRule(TestRuleRequest(corp_id=corp, rule=rule, samples=samples))
        except grpc.RpcError as error:
            _name_lines(error, file, batch)
            raise


def _name_lines(error: grpc.RpcError, file: Path, batch: Sequence[Line]) -> None:
    """Ends the command when it is about samples: they are named as lines of the file."""
    violations = failure(error).violations
    if not any(_SAMPLE.match(field) for field, _ in violations):
        return
    for field, description in violations:
        if sample := _SAMPLE.match(field):
            field = f"{file_name(file)}:{batch[int(sample[1])].number}: {field[sample.end() :]}"
        show(f"{field}: {description}")
    raise typer.Exit(1) from None


def _tell_more(answer: TestRuleResponse) -> None:
    tell_warnings(answer.warnings)
    if answer.not_evaluated:
        tell("Not tried: conditions that need more than one message, or facts about the sender.")


def _as_dict(number: int, result: TestRuleResponse.Result) -> dict[str, Any]:
    """Returns a result for programs: protobuf JSON, with zeros and empty lists."""
    written = MessageToDict(
        result, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return {"line": number, **written}
