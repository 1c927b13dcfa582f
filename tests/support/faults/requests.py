"""Requests as a company's back ends would make them."""

from __future__ import annotations

from uuid import uuid4

from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Message, Sender, TextContent
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN,
    OWNER_KIND_SUPER_ADMIN,
    RULE_STATE_ENABLED,
    Action,
    Conditions,
    Keyword,
    KeywordCondition,
    Owner,
    Rule,
)
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard_client import GroupGuard

OWNER = "zhangsan"
"""Owns every group of these tests."""


def rule(name: str, keyword: str, *, strikes: bool = False, owner: Owner | None = None) -> Rule:
    """A rule that warns for a keyword, or (`strikes`) kicks after three warnings."""
    return Rule(
        owner=owner or Owner(kind=OWNER_KIND_SUPER_ADMIN),
        display_name=name,
        state=RULE_STATE_ENABLED,
        conditions=Conditions(keywords=KeywordCondition(keywords=[Keyword(text=keyword)])),
        action=Action(
            kind=ACTION_KIND_KICK_AFTER_WARNINGS if strikes else ACTION_KIND_WARN,
            warnings_before_kick=3 if strikes else 0,
            warning_text="请文明发言",
        ),
    )


def message(chat_id: str, text: str, customer: str = "wmVisitor") -> Message:
    """What a customer says in a group."""
    return Message(
        message_id=uuid4().hex,
        chat_id=chat_id,
        sender=Sender(kind=SENDER_KIND_CUSTOMER, external_userid=customer),
        text=TextContent(content=text),
    )


def check(corp_id: str, chat_id: str, text: str, customer: str = "wmVisitor") -> CheckMessageRequest:
    """Asks for a verdict on it."""
    return CheckMessageRequest(corp_id=corp_id, message=message(chat_id, text, customer))


def bound_rule(gg: GroupGuard, corp_id: str, chat_id: str, keyword: str, *, strikes: bool = False) -> Rule:
    """Registers a group and binds a new rule to it."""
    gg.rules.UpsertGroups(
        UpsertGroupsRequest(corp_id=corp_id, groups=[Group(chat_id=chat_id, owner_userid=OWNER)])
    )
    created = gg.rules.CreateRule(
        CreateRuleRequest(corp_id=corp_id, rule=rule(f"{chat_id} {keyword}", keyword, strikes=strikes))
    ).rule
    gg.rules.ConfigureGroups(
        ConfigureGroupsRequest(
            corp_id=corp_id,
            operation=ConfigureGroupsRequest.OPERATION_BIND,
            rule_ids=[created.rule_id],
            chat_ids=[chat_id],
        )
    )
    return created
