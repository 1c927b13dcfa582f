"""How rules look in tables."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard_cli.flatten import flatten
from groupguard_cli.output import Columns, print_one
from groupguard_cli.wording import action_words, condition_words, moment, owner_words, state_word

RULES: Columns = (
    ("rule_id", lambda rule: rule.rule_id),
    ("name", lambda rule: rule.display_name),
    ("owner", lambda rule: owner_words(rule.owner)),
    ("state", lambda rule: state_word(rule.state)),
    ("looks for", lambda rule: condition_words(rule.conditions)),
    ("action", lambda rule: action_words(rule.action)),
    ("groups", lambda rule: str(rule.group_count)),
    ("updated", lambda rule: moment(rule.update_time)),
)


def _of_rule(value: Callable[[Rule], str]) -> Callable[[Any], str]:
    return lambda answer: value(answer.rule)


CHANGED_RULES: Columns = tuple((title, _of_rule(value)) for title, value in RULES)
"""The same for the answers to writes."""


def print_rule(rule: Rule, message: Message, *, as_json: bool) -> None:
    """Prints all of a rule, or as JSON the message it came in."""
    fields = (
        (path, value if isinstance(value, str) else "、".join(value)) for path, value in flatten(rule).items()
    )
    print_one(message, fields, as_json=as_json)
