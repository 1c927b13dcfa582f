"""Short ways to write the commonest messages of the protos. Everything else is written with the generated classes."""

from collections.abc import Iterable

from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Message, Sender, TextContent
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_WARN,
    ACTION_KIND_WARN_AND_KICK,
    OWNER_KIND_SUPER_ADMIN,
    RULE_STATE_ENABLED,
    Action,
    Conditions,
    Keyword,
    KeywordCondition,
    Owner,
    Rule,
)


def keyword_rule(
    display_name: str, keywords: Iterable[str], *, warning: str = "", kick: bool = False
) -> Rule:
    """Returns an enabled rule of the super administrators that looks for keywords.

    Args:
        display_name: its name for people.
        keywords: what to look for.
        warning: what to tell the group; empty for nothing.
        kick: whether to remove the sender.

    Raises:
        ValueError: it would neither warn nor kick.
    """
    if not (warning or kick):
        raise ValueError("a rule warns, kicks, or both")
    speaking = ACTION_KIND_WARN_AND_KICK if kick else ACTION_KIND_WARN
    return Rule(
        owner=Owner(kind=OWNER_KIND_SUPER_ADMIN),
        display_name=display_name,
        state=RULE_STATE_ENABLED,
        conditions=Conditions(
            keywords=KeywordCondition(keywords=[Keyword(text=keyword) for keyword in keywords])
        ),
        action=Action(kind=speaking if warning else ACTION_KIND_KICK, warning_text=warning),
    )


def text_message(
    chat_id: str,
    external_userid: str,
    text: str,
    *,
    message_id: str = "",
    group_nickname: str | None = None,
) -> Message:
    """Returns a text message that a customer sent in a group."""
    return Message(
        message_id=message_id,
        chat_id=chat_id,
        sender=Sender(
            kind=SENDER_KIND_CUSTOMER, external_userid=external_userid, group_nickname=group_nickname
        ),
        text=TextContent(content=text),
    )
