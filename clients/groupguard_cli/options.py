"""Options that several commands share, so that they are called and explained the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Corp = Annotated[str, typer.Option("--corp", envvar="GROUPGUARD_CORP", help="corp_id.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print protobuf JSON, one object a line, with the fields of the protos."),
]
Limit = Annotated[
    int, typer.Option("--limit", min=1, metavar="N", help="Stop after so many.", show_default="all")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the history.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would happen.")]
OwnerUserid = Annotated[
    str, typer.Option("--owner", metavar="USERID", help="The member who owns it, or them.")
]
StrategyId = Annotated[
    str, typer.Option("--strategy", metavar="STRATEGY_ID", help="The management rule it belongs to.")
]
RuleId = Annotated[str, typer.Argument(metavar="RULE", help="rule_id.")]
RuleIds = Annotated[list[str], typer.Argument(metavar="RULE", help="rule_id, one or more.")]
ChatId = Annotated[str, typer.Argument(metavar="CHAT", help="chat_id.")]
ChatIds = Annotated[list[str] | None, typer.Argument(metavar="CHAT", help="chat_id, any number.")]
ChatsFile = Annotated[
    Path | None,
    typer.Option("--chats-file", help="One chat_id a line; - is stdin."),
]

NO_LIMIT = 1 << 62
"""What `--limit` is if nobody gives one."""
