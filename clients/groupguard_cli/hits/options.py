"""What both commands can be asked for."""

from typing import Annotated

import typer

from groupguard.filter.v1.hits_pb2 import HitFilter

Rule = Annotated[str, typer.Option("--rule", metavar="RULE", help="Only what this rule hit.")]
Chat = Annotated[str, typer.Option("--chat", metavar="CHAT", help="Only what was sent in this group.")]
Sender = Annotated[
    str, typer.Option("--sender", metavar="EXTERNAL_USERID", help="Only what this customer sent.")
]
Shadow = Annotated[
    bool | None,
    typer.Option(
        "--shadow/--enforced",
        help="Only hits of rules in state SHADOW, or only others and blacklists.",
        show_default=False,
    ),
]


def hit_filter(rule: str, chat: str, sender: str, shadow: bool | None) -> HitFilter:
    """Returns which decisions are wanted."""
    wanted = HitFilter(rule_id=rule, chat_id=chat, external_userid=sender)
    if shadow is not None:
        wanted.shadow = shadow
    return wanted
