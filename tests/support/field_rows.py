"""What a request of RuleService may hold, and what is put where it says nothing: the documented numbers, as rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from groupguard.rule.v1 import exemptions_pb2 as exempt_pb
from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import history_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from support import rule_requests as ask
from support.rules import CORP, asked, member, strategy


@dataclass(frozen=True)
class Field:
    """The bounds of one field."""

    constant: str
    """Name in `limits` of the upper bound, or of both; empty if they live elsewhere."""
    least: int
    most: int
    path: str
    """Where the violation is said to be."""
    request: Callable[[int], Message]
    """Makes the request for a number."""
    says: str = "{least} to {most} are allowed, not {sent}"
    """What the violation says."""
    below: int | None = None
    """A number that is too small, where that is a matter of bounds and not of something missing."""
    rules: int = 0
    """Rules that have to be there."""
    groups: int = 0
    """Groups that have to be there."""


CHARACTERS = "at most {most} characters are allowed, not {sent}"
BYTES = "{least} to {most} bytes are needed, not {sent}"
WINDOW = "1 s to 3600 s are allowed, not {seconds} s"
SECONDS = "{least} s to {most} s are allowed, not {sent} s"
TOGETHER = "with chat_ids together at most {most}, not {sent}"
IF, SO = "rule.conditions", "rule.action"
PROGRAMS, PEOPLE = f"{IF}.message_types.mini_program_whitelist", f"{IF}.frequency.senders"
LOG, OWN = "settings.decision_log", "settings.limits"
ADMINS, ZHANG = asked().owner, member("zhang")


def _delete(reason: int) -> pb.DeleteRuleRequest:
    """Deletes one of three rules, another one for each length of the reason that is tried."""
    rule_id = {0: "rule0", 200: "rule1"}.get(reason, "rule2")
    return pb.DeleteRuleRequest(corp_id=CORP, rule_id=rule_id, reason="因" * reason)


def _restore(reason: int) -> history_pb2.RestoreRuleRequest:
    """Brings the first rule back to its beginning, which the corp's first revision was."""
    return history_pb2.RestoreRuleRequest(corp_id=CORP, rule_id="rule0", revision=1, reason="因" * reason)


def _page_of_groups(size: int, *, active: bool) -> registry_pb.ListGroupsRequest:
    return registry_pb.ListGroupsRequest(corp_id=CORP, page_size=size, recently_active=active)


def _page_of_history(size: int) -> history_pb2.ListRuleRevisionsRequest:
    return history_pb2.ListRuleRevisionsRequest(corp_id=CORP, rule_id="rule0", page_size=size)


FIELDS = [
    # Conditions
    Field("KEYWORDS_PER_RULE", 1, 100, f"{IF}.keywords.keywords", lambda n: ask.keywords(ask.words(n))),
    Field("KEYWORDS_PER_RULE", 1, 100, f"{IF}.nickname_keywords.keywords", lambda n: ask.nicknames(ask.words(n))),
    Field("KEYWORD_CHARACTERS", 1, 64, f"{IF}.keywords.keywords[0].text", lambda n: ask.keywords(["字" * n]), CHARACTERS),
    Field("KEYWORD_CHARACTERS", 1, 64, f"{IF}.keywords.allow_phrases[0]", lambda n: ask.phrases(["字" * n]), CHARACTERS),
    Field("ALLOW_PHRASES_PER_RULE", 0, 100, f"{IF}.keywords.allow_phrases", lambda n: ask.phrases(ask.words(n))),
    Field("WEB_WHITELIST_PER_RULE", 0, 1000, f"{IF}.message_types.web_whitelist", ask.pages),
    Field("MINI_PROGRAM_WHITELIST_PER_RULE", 0, 1000, PROGRAMS, ask.mini_programs),
    Field("MESSAGE_CHARACTERS", 1, 10_000, f"{IF}.length.max_characters", lambda n: ask.length(max_characters=n), below=-1),
    Field("MESSAGE_LINES", 1, 1000, f"{IF}.length.max_lines", lambda n: ask.length(max_lines=n), below=-1),
    Field("TIMES", 1, 1000, f"{IF}.frequency.max_messages", ask.frequency, below=-1),
    Field("TIMES", 1, 1000, f"{IF}.repeat.max_times", ask.repeat, below=-1),
    Field("WINDOW_MS", 1000, 3_600_000, f"{IF}.frequency.window", lambda n: ask.frequency(1, n), WINDOW, 999),
    Field("WINDOW_MS", 1000, 3_600_000, f"{IF}.repeat.window", lambda n: ask.repeat(1, n), WINDOW, 999),
    Field("TAGS_PER_SELECTOR", 0, 100, f"{PEOPLE}.tag_ids", lambda n: ask.frequency(tag_ids=ask.words(n))),
    Field("CUSTOMERS_PER_SELECTOR", 0, 1000, f"{PEOPLE}.external_userids", lambda n: ask.frequency(external_userids=ask.words(n))),
    # The rest of a rule
    Field("RULE_NAME_CHARACTERS", 1, 64, "rule.display_name", lambda n: ask.rule(display_name="名" * n), CHARACTERS),
    Field("WARNING_CHARACTERS", 1, 200, f"{SO}.warning_text", lambda n: ask.action(warning_text="请" * n), CHARACTERS),
    Field("WARNINGS_BEFORE_KICK", 1, 10, f"{SO}.warnings_before_kick", ask.kick_after, below=-1),
    Field("", 1, 64, "rule.owner.userid", lambda n: ask.rule(owner=member("z" * n)), BYTES),
    Field("", 1, 64, "rule.owner.strategy_id", lambda n: ask.rule(owner=strategy("7" * n)), BYTES),
    # Why a rule is written
    Field("REASON_CHARACTERS", 0, 200, "reason", lambda n: pb.CreateRuleRequest(corp_id=CORP, rule=asked(), reason="因" * n), CHARACTERS),
    Field("REASON_CHARACTERS", 0, 200, "reason", lambda n: ask.rename("new", "因" * n), CHARACTERS, rules=1),
    Field("REASON_CHARACTERS", 0, 200, "reason", _delete, CHARACTERS, rules=3),
    Field("REASON_CHARACTERS", 0, 200, "reason", _restore, CHARACTERS, rules=1),
    # Groups
    Field("GROUPS_PER_UPSERT", 1, 1000, "groups", ask.groups),
    Field("GROUP_NAME_CHARACTERS", 0, 128, "groups[0].display_name", lambda n: ask.group(display_name="群" * n), CHARACTERS),
    Field("STRATEGIES_PER_GROUP", 0, 20, "groups[0].strategy_ids", lambda n: ask.group(strategy_ids=ask.words(n))),
    Field("MEMBERS_PER_GROUP", 0, 100_000, "groups[0].member_count", lambda n: ask.group(member_count=n), below=-1),
    Field("", 1, 64, "groups[0].chat_id", lambda n: ask.group(chat_id="c" * n), BYTES),
    Field("GROUPS_PER_DISMISSAL", 1, 1000, "chat_ids", lambda n: ask.dismiss(ask.chat_ids(n)), groups=1000),
    Field("ACTIVITIES_PER_CALL", 1, 1000, "activities", ask.activities),
    # Bindings
    Field("GROUPS_PER_CALL", 1, 2000, "chat_ids", lambda n: ask.bind(["rule0"], ask.chat_ids(n)), rules=1, groups=2000),
    Field("GROUPS_PER_CALL", 2, 2000, "unbind_chat_ids", lambda n: ask.swap("wr0", ask.chat_ids(n)[1:]), TOGETHER, rules=1, groups=2000),
    Field("RULES_PER_CALL", 1, 100, "rule_ids", lambda n: ask.bind(ask.rule_ids(n), ["wr0"]), rules=100, groups=1),
    Field("RULES_PER_SET_CALL", 0, 1000, "rule_ids", lambda n: ask.set_rules("wr0", ask.rule_ids(n)), rules=1000, groups=1),
    # Exempt customers
    Field("EXEMPT_CUSTOMERS_PER_CALL", 1, 1000, "customers", lambda n: ask.exempt(ask.words(n), ADMINS)),
    Field("EXEMPT_CUSTOMERS_PER_CALL", 1, 1000, "external_userids", lambda n: ask.exempt_no_more(ask.words(n), ZHANG)),
    Field("EXEMPTION_REASON_CHARACTERS", 0, 200, "customers[0].reason", lambda n: ask.exempt(["wm1"], ZHANG, "因" * n), CHARACTERS),
    # Settings
    Field("DECISION_RETENTION_SECONDS", 3600, 7_776_000, f"{LOG}.retention", ask.retention, SECONDS, 3599),
    Field("RULES_PER_OWNER", 1, 1000, f"{OWN}.rules_per_owner", lambda n: ask.own_limit("rules_per_owner", n), below=-1),
    Field("GROUPS_PER_RULE", 1, 20_000, f"{OWN}.groups_per_rule", lambda n: ask.own_limit("groups_per_rule", n), below=-1),
    Field("EXEMPT_CUSTOMERS_PER_OWNER", 1, 10_000, f"{OWN}.exempt_customers_per_owner", lambda n: ask.own_limit("exempt_customers_per_owner", n), below=-1),
    # Pages
    Field("", 0, 1000, "page_size", ask.page, below=-1),
    Field("", 0, 1000, "page_size", lambda n: exempt_pb.ListExemptCustomersRequest(corp_id=CORP, page_size=n), below=-1),
    Field("", 0, 1000, "page_size", lambda n: registry_pb.ListReleasedBindingsRequest(corp_id=CORP, page_size=n), below=-1),
    Field("GROUPS_PER_PAGE", 0, 2000, "page_size", lambda n: _page_of_groups(n, active=False), below=-1),
    Field("GROUPS_PER_PAGE", 0, 2000, "page_size", lambda n: _page_of_groups(n, active=True), below=-1),
    Field("REVISIONS_PER_RULE", 0, 50, "page_size", _page_of_history, below=-1, rules=1),
]  # fmt: skip


@dataclass(frozen=True)
class Default:
    """A number that a request may leave to the server."""

    constant: str
    value: int
    request: Message
    read: Callable[[Any], int]
    """Takes the number from the answer."""


DEFAULTS = [
    Default(
        "DEFAULT_WARNINGS_BEFORE_KICK",
        3,
        ask.kick_after(),
        lambda answer: answer.rule.action.warnings_before_kick,
    ),
    Default(
        "DEFAULT_DECISION_RETENTION_SECONDS",
        30 * 24 * 3600,
        ask.settings(share_exemptions=True),
        lambda answer: answer.settings.decision_log.retention.seconds,
    ),
]
