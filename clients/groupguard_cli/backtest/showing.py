"""A backtest as people see it."""

from collections.abc import Iterator

from groupguard.filter.v1.backtest_pb2 import BacktestResponse
from groupguard.filter.v1.filter_service_pb2 import TestRuleResponse
from groupguard.filter.v1.verdict_pb2 import Condition
from groupguard_cli.messages import Line
from groupguard_cli.trial.marking import printable
from groupguard_cli.trial.showing import Screen, show_result
from groupguard_cli.trial.texts import content_of
from groupguard_cli.wording import counted, word


def show_report(report: BacktestResponse, lines: list[Line]) -> None:
    """Shows the first messages that were hit, then the numbers."""
    screen = Screen()
    for sample in report.samples:
        line = lines[sample.index]
        result = TestRuleResponse.Result(hits=sample.hits, hit_count=sample.hit_count)
        show_result(screen, line.number, content_of(line.message), result)
    if report.samples:
        screen.note("")
    for said in _numbers(report):
        screen.note(said)


def _numbers(report: BacktestResponse) -> Iterator[str]:
    hit = report.warned_count + report.kicked_count
    yield (
        f"{counted(report.message_count, 'message')}: {hit} hit, by {counted(report.sender_count, 'sender')} "
        f"in {counted(report.group_count, 'group')}"
    )
    if hit:
        yield f"  {report.warned_count} warned, {report.kicked_count} removed"
    if report.excused_count:
        yield f"  {report.excused_count} spared by allow phrases or whitelists"
    if report.own_count:
        yield f"  {report.own_count} of staff and robots, whom no rule judges"
    for count in report.counts:
        name = count.keyword or word(Condition, count.condition, "CONDITION_").replace("_", " ")
        hits, messages = counted(count.hit_count, "hit"), counted(count.message_count, "message")
        yield f"  {printable(name)}: {hits} in {messages}"
    found = {count.keyword for count in report.counts}
    keywords = (keyword.text for keyword in report.rule.conditions.keywords.keywords)
    if never := [printable(text) for text in keywords if text not in found]:
        yield f"Never hit: {', '.join(never)}"
    for problem in report.invalid_messages:
        yield f"Not judged: {problem}"
    if more := report.invalid_count - len(report.invalid_messages):
        yield f"Not judged: {more} more"
