"""What came of many checks, as tables for people."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groupguard_cli.summary import Summary
from groupguard_cli.wording import found_words

_SHOWN_ERRORS = 5
_SHOWN_KEYWORDS = 30
_SHOWN_PLACES = 30


def print_summary(summary: Summary, console: Console) -> None:
    """Prints tables of what there is to tell, then what went wrong."""
    console.print(_decisions(summary))
    if summary.rules:
        console.print(_rules(summary))
    if summary.keywords:
        console.print(_keywords(summary))
    if summary.types:
        console.print(_types(summary))
    if summary.spellings:
        console.print(_spellings(summary))
    if summary.places:
        console.print(_places(summary))
    for check, count in summary.skipped.items():
        console.print(f"[yellow]{check} could not be checked for {count} messages[/yellow]")
    for error in summary.errors[:_SHOWN_ERRORS]:
        console.print(f"[red]not judged:[/red] {escape(error)}", highlight=False)
    if len(summary.errors) > _SHOWN_ERRORS:
        console.print(f"[red]… and {len(summary.errors) - _SHOWN_ERRORS} more[/red]")
    rate = summary.messages / summary.seconds if summary.seconds else 0
    console.print(f"{summary.messages} messages in {summary.seconds:.2f} s, {rate:,.0f} a second")


def _decisions(summary: Summary) -> Table:
    table = Table(title="Verdicts", title_justify="left")
    table.add_column("decision")
    table.add_column("messages", justify="right")
    for decision, count in summary.decisions.most_common():
        table.add_row(decision, str(count))
    return table


def _rules(summary: Summary) -> Table:
    table = Table(title="By rule", title_justify="left")
    table.add_column("rule")
    table.add_column("rule_id", no_wrap=True)
    table.add_column("messages", justify="right")
    for rule_id, count in summary.rules.most_common():
        table.add_row(escape(summary.names.get(rule_id, "")), rule_id, str(count))
    return table


def _keywords(summary: Summary) -> Table:
    table = Table(title="By keyword", title_justify="left")
    table.add_column("keyword")
    table.add_column("rule")
    table.add_column("messages", justify="right")
    table.add_column("hits", justify="right")
    for key, count in summary.keywords.most_common(_SHOWN_KEYWORDS):
        name = escape(summary.names.get(key[0], key[0]))
        table.add_row(escape(key[1]), name, str(count), str(summary.hits[key]))
    if len(summary.keywords) > _SHOWN_KEYWORDS:
        table.caption = f"{len(summary.keywords) - _SHOWN_KEYWORDS} more; --json lists all"
    return table


def _types(summary: Summary) -> Table:
    table = Table(title="By sort of message", title_justify="left")
    table.add_column("sort")
    table.add_column("rule")
    table.add_column("messages", justify="right")
    for (rule_id, type_), count in summary.types.most_common():
        table.add_row(type_, escape(summary.names.get(rule_id, rule_id)), str(count))
    return table


def _spellings(summary: Summary) -> Table:
    table = Table(title="Spelled otherwise", title_justify="left")
    table.add_column("why", overflow="fold")
    table.add_column("rule")
    table.add_column("hits", justify="right")
    for (rule_id, _, explanation), count in summary.spellings.most_common(_SHOWN_KEYWORDS):
        table.add_row(escape(explanation), escape(summary.names.get(rule_id, rule_id)), str(count))
    if len(summary.spellings) > _SHOWN_KEYWORDS:
        table.caption = f"{len(summary.spellings) - _SHOWN_KEYWORDS} more; --json lists all"
    return table


def _places(summary: Summary) -> Table:
    table = Table(title="Not in plain texts", title_justify="left")
    for column in ("message", "where", "found", "rule"):
        table.add_column(column)
    for place in summary.places[:_SHOWN_PLACES]:
        name = summary.names.get(place.hit.rule_id, place.hit.rule_id)
        table.add_row(place.message, str(place), escape(found_words(place.hit)), escape(name))
    if len(summary.places) > _SHOWN_PLACES:
        table.caption = f"{len(summary.places) - _SHOWN_PLACES} more; --json lists all"
    return table
