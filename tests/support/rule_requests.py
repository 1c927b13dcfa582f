"""Requests of RuleService that are valid but for the one number that a test chooses.

Rules and groups that have to be there are called rule0, rule1 … and wr0, wr1 …
"""

from __future__ import annotations

from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.common.v1.message_type_pb2 import MESSAGE_TYPE_LINK, MESSAGE_TYPE_MINI_PROGRAM
from groupguard.rule.v1 import exemptions_pb2 as exempt_pb
from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1 import settings_pb2 as settings_pb
from groupguard.rule.v1.group_pb2 import Group
from support.rules import CORP, NOW, asked

_BIND = pb.ConfigureGroupsRequest.OPERATION_BIND
_LINK, _MINI_PROGRAM = MESSAGE_TYPE_LINK, MESSAGE_TYPE_MINI_PROGRAM


def words(count: int) -> list[str]:
    """Different words."""
    return [f"词{number}" for number in range(count)]


def rule_ids(count: int) -> list[str]:
    """The first rules."""
    return [f"rule{number}" for number in range(count)]


def chat_ids(count: int) -> list[str]:
    """The first groups."""
    return [f"wr{number}" for number in range(count)]


def rule(**fields: Any) -> pb.CreateRuleRequest:
    """A new rule, with some fields changed."""
    return pb.CreateRuleRequest(corp_id=CORP, rule=asked(**fields))


def action(**fields: Any) -> pb.CreateRuleRequest:
    """A new rule, with some fields of its action changed."""
    return rule(action=rule_pb2.Action(**fields))


def kick_after(warnings: int = 0) -> pb.CreateRuleRequest:
    """A new rule that warns before it kicks."""
    return action(kind=rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=warnings)


def keywords(texts: list[str]) -> pb.CreateRuleRequest:
    """A new rule with just these keywords."""
    return pb.CreateRuleRequest(corp_id=CORP, rule=asked(*texts))


def nicknames(texts: list[str]) -> pb.CreateRuleRequest:
    """A new rule with nickname keywords."""
    listed = [rule_pb2.Keyword(text=text) for text in texts]
    return _condition(nickname_keywords=rule_pb2.KeywordCondition(keywords=listed))


def phrases(texts: list[str]) -> pb.CreateRuleRequest:
    """A new rule with allow phrases."""
    return _condition(keywords=rule_pb2.KeywordCondition(allow_phrases=texts))


def pages(count: int) -> pb.CreateRuleRequest:
    """A new rule with a web whitelist."""
    listed = [f"shop{number}.example.com" for number in range(count)]
    return _condition(message_types=rule_pb2.MessageTypeCondition(types=[_LINK], web_whitelist=listed))


def mini_programs(count: int) -> pb.CreateRuleRequest:
    """A new rule with a mini-program whitelist."""
    listed = [f"wx{number:016x}" for number in range(count)]
    return _condition(
        message_types=rule_pb2.MessageTypeCondition(types=[_MINI_PROGRAM], mini_program_whitelist=listed)
    )


def length(**bounds: int) -> pb.CreateRuleRequest:
    """A new rule against long messages."""
    return _condition(length=rule_pb2.LengthCondition(**bounds))


def frequency(times: int = 1, window_ms: int = 1000, **senders: Any) -> pb.CreateRuleRequest:
    """A new rule against many messages, of some senders if they are named."""
    condition = rule_pb2.FrequencyCondition(max_messages=times, window=_duration(window_ms))
    condition.senders.MergeFrom(rule_pb2.SenderSelector(**senders))
    return _condition(frequency=condition)


def repeat(times: int = 1, window_ms: int = 1000) -> pb.CreateRuleRequest:
    """A new rule against repeats."""
    return _condition(repeat=rule_pb2.RepeatCondition(max_times=times, window=_duration(window_ms)))


def groups(count: int) -> pb.UpsertGroupsRequest:
    """The first groups."""
    listed = [Group(chat_id=chat_id, owner_userid="zhang") for chat_id in chat_ids(count)]
    return pb.UpsertGroupsRequest(corp_id=CORP, groups=listed)


def group(**fields: Any) -> pb.UpsertGroupsRequest:
    """The first group, with some fields changed."""
    listed = [Group(**{"chat_id": "wr0", "owner_userid": "zhang", **fields})]
    return pb.UpsertGroupsRequest(corp_id=CORP, groups=listed)


def bind(rule_ids: list[str], chat_ids: list[str], operation: Any = _BIND) -> pb.ConfigureGroupsRequest:
    """Binds, or unbinds, rules and groups."""
    return pb.ConfigureGroupsRequest(corp_id=CORP, operation=operation, rule_ids=rule_ids, chat_ids=chat_ids)


def swap(bound: str, unbound: list[str]) -> pb.ConfigureGroupsRequest:
    """Binds rule0 to a group and unbinds it from others."""
    request = bind(["rule0"], [bound])
    request.unbind_chat_ids.extend(unbound)
    return request


def set_rules(chat_id: str, rule_ids: list[str]) -> pb.SetGroupRulesRequest:
    """Sets the rules of a group."""
    return pb.SetGroupRulesRequest(corp_id=CORP, chat_id=chat_id, rule_ids=rule_ids)


def page(size: int) -> pb.ListRulesRequest:
    """Lists rules."""
    return pb.ListRulesRequest(corp_id=CORP, page_size=size)


def rename(name: str, reason: str = "") -> pb.UpdateRuleRequest:
    """Gives rule0 another name."""
    named = rule_pb2.Rule(rule_id="rule0", display_name=name)
    return pb.UpdateRuleRequest(corp_id=CORP, rule=named, reason=reason)


def dismiss(chat_ids: list[str]) -> registry_pb.DismissGroupsRequest:
    """Dismisses groups."""
    return registry_pb.DismissGroupsRequest(corp_id=CORP, chat_ids=chat_ids)


def activities(count: int) -> registry_pb.ReportActivityRequest:
    """Tells that the first groups were active."""
    when = Timestamp(seconds=int(NOW))
    listed = [registry_pb.GroupActivity(chat_id=it, active_time=when) for it in chat_ids(count)]
    return registry_pb.ReportActivityRequest(corp_id=CORP, activities=listed)


def exempt(ids: list[str], owner: rule_pb2.Owner, reason: str = "") -> exempt_pb.AddExemptCustomersRequest:
    """Exempts customers."""
    listed = [exempt_pb.ExemptCustomer(external_userid=id, reason=reason) for id in ids]
    return exempt_pb.AddExemptCustomersRequest(corp_id=CORP, owner=owner, customers=listed)


def exempt_no_more(ids: list[str], owner: rule_pb2.Owner) -> exempt_pb.RemoveExemptCustomersRequest:
    """Exempts customers no longer."""
    return exempt_pb.RemoveExemptCustomersRequest(corp_id=CORP, owner=owner, external_userids=ids)


def settings(**fields: Any) -> settings_pb.UpdateCorpSettingsRequest:
    """Changes some settings."""
    return settings_pb.UpdateCorpSettingsRequest(corp_id=CORP, settings=settings_pb.CorpSettings(**fields))


def own_limit(name: str, number: int) -> settings_pb.UpdateCorpSettingsRequest:
    """Gives the corp a limit of its own."""
    return settings(limits=settings_pb.CorpLimits(**{name: number}))


def retention(seconds: int) -> settings_pb.UpdateCorpSettingsRequest:
    """Says how long decisions are kept."""
    return settings(decision_log=settings_pb.DecisionLog(retention=Duration(seconds=seconds)))


def _condition(**conditions: Any) -> pb.CreateRuleRequest:
    return rule(conditions=rule_pb2.Conditions(**conditions))


def _duration(milliseconds: int) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(milliseconds)
    return duration
