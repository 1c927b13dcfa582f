"""Options of the commands that try rules, so that they are called and explained the same."""

from pathlib import Path
from typing import Annotated

import typer

from groupguard_cli.trial.drafts import Mode

STDIN = Path("-")
MessagesFile = Annotated[
    Path,
    typer.Argument(
        metavar="[FILE]",
        help='One JSON object a line, as for `groupguard check`: {"text": …}, or any other kind of message as in '
        "protobuf JSON; - or nothing is stdin.",
    ),
]
RuleFile = Annotated[
    Path | None,
    typer.Option(
        "--rule", metavar="RULE_FILE", help="A rule as protobuf JSON, as for `rules create`; - is stdin."
    ),
]
Keywords = Annotated[
    list[str] | None,
    typer.Option(
        "--keyword",
        metavar="TEXT",
        help="Instead of a file: a keyword to look for; may be given several times.",
    ),
]
AllowPhrases = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", "--allow-phrase", metavar="TEXT", help="A phrase that excuses keywords inside it."
    ),
]
KeywordMode = Annotated[
    Mode | None, typer.Option("--mode", help="How to look for each --keyword; else the server chooses.")
]


def refuse_two_stdins(messages: Path, rule: Path | None) -> None:
    """Refuses to read both the messages and the rule from standard input.

    Raises:
        typer.BadParameter: that is asked.
    """
    if messages == rule == STDIN:
        raise typer.BadParameter("only one of the rule and the messages can be stdin", param_hint="--rule")
