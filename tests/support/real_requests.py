"""A request for every method that is taken and says all it can, in JSON."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.json_format import ParseDict

from groupguard.rule.v1.history_pb2 import ListRuleRevisionsRequest
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.settings_pb2 import CorpSettings, DecisionLog
from groupguard_client import GroupGuard
from support.corp import CHAT, CUSTOMER, OWNER, Corp

Json = dict[str, Any]
_NOW = datetime.now(UTC)
_ADMIN: Json = {"kind": "OWNER_KIND_SUPER_ADMIN"}
_MEMBER: Json = {"kind": "OWNER_KIND_MEMBER", "userid": OWNER}
_SENDERS: Json = {
    "identities": ["SENDER_IDENTITY_EXTERNAL_WECOM_MEMBER"],
    "tag_ids": ["t1"],
    "external_userids": ["wmX"],
}
_RULE: Json = {
    "owner": _ADMIN,
    "display_name": "广告",
    "state": "RULE_STATE_ENABLED",
    "conditions": {
        "keywords": {
            "keywords": [{"text": "加微信", "match_mode": "MATCH_MODE_HOMOPHONE"}],
            "allow_phrases": ["加微信群"],
        },
        "nickname_keywords": {"keywords": [{"text": "代购"}], "allow_phrases": ["不代购"]},
        "message_types": {
            "types": ["MESSAGE_TYPE_LINK", "MESSAGE_TYPE_MINI_PROGRAM"],
            "web_whitelist": ["shop.example.com/a"],
            "mini_program_whitelist": ["wx1234567890abcdef"],
        },
        "length": {"max_characters": 5_000, "max_lines": 50},
        "frequency": {"max_messages": 100, "window": "60s", "senders": _SENDERS},
        "repeat": {"max_times": 50, "window": "60s", "scope": "SCOPE_CORP", "senders": _SENDERS},
        "muted_senders": {"senders": _SENDERS},
    },
    "action": {
        "kind": "ACTION_KIND_KICK_AFTER_WARNINGS",
        "warnings_before_kick": 2,
        "warning_text": "{nickname}，请勿广告",
        "add_to_blacklist": "BLACKLIST_KIND_ENTERPRISE",
    },
}
_SENDER: Json = {
    "kind": "SENDER_KIND_CUSTOMER",
    "external_userid": CUSTOMER,
    "group_nickname": "小优",
    "identity": "SENDER_IDENTITY_WECHAT_CUSTOMER",
    "name": "陈",
    "tags": {"tag_ids": ["t2"]},
}
_MESSAGE: Json = {
    "chat_id": CHAT,
    "sender": _SENDER,
    "send_time": _NOW.isoformat(),
    "text": {"content": "加微信 fruit888 http://evil.example.net"},
}
_MD5 = "0123456789abcdef" * 2
_LINK: Json = {"title": "加微信", "description": "今日特价", "url": "http://evil.example.net/?a=1"}
_RECORD: Json = {
    "chat_record": {
        "title": "聊天记录",
        "items": [
            {"text": {"content": "加微信"}},
            {"mixed": {"items": [{"image": {"md5sum": _MD5, "recognized_text": "加微信"}}, {"link": _LINK}]}},
        ],
    }
}


def _around(**content: Json) -> list[Json]:
    """Three messages, of which the one in the middle is of another kind."""
    return [_MESSAGE, {**{name: it for name, it in _MESSAGE.items() if name != "text"}, **content}, _MESSAGE]


_PERSONAL: Json = {"kind": "BLACKLIST_KIND_PERSONAL", "owner_userid": OWNER}
_ENTERPRISE: Json = {"kind": "BLACKLIST_KIND_ENTERPRISE"}
_LATER = (_NOW + timedelta(days=1)).isoformat()


class Ground:
    """A corp with all that the requests are about."""

    def __init__(self, gg: GroupGuard) -> None:
        self.corp = Corp(gg)
        self.corp.group("wrOther", OWNER)
        self.corp.decide(CorpSettings(decision_log=DecisionLog(enabled=True)), "decision_log.enabled")
        warning: Json = {"kind": "ACTION_KIND_WARN", "warning_text": "本群请勿广告"}
        self.rule = self._bound({**_RULE, "action": warning})
        self._bound({**_RULE, "state": "RULE_STATE_SHADOW"})
        self.corp.exempt("wmVip", OWNER)
        self.corp.blacklist("wmListed", OWNER)

    def _bound(self, rule: Json) -> Rule:
        created = self.corp.create(ParseDict(rule, Rule()))
        self.corp.bind(created, CHAT, "wrOther")
        return created

    def request(self, service: str, method: str) -> Json:
        """Returns what to ask a method."""
        return {"corp_id": self.corp.id, **REQUESTS[service, method](self)}

    def first_revision(self) -> int:
        """Returns the revision at which the rule was made."""
        request = ListRuleRevisionsRequest(corp_id=self.corp.id, rule_id=self.rule.rule_id)
        return self.corp.gg.rules.ListRuleRevisions(request).revisions[-1].revision

    def spare_rule(self) -> str:
        """Returns the id of a rule that may go."""
        return self.corp.rule("代购", chats=[]).rule_id


def _id() -> str:
    return str(uuid.uuid4())


def _rule_of(ground: Ground) -> Json:
    return {"rule_id": ground.rule.rule_id}


def _page(**more: Any) -> Json:
    return {"page_size": 10, **more}


def _given(**fields: Any) -> Callable[[Ground], Json]:
    return lambda _: fields


REQUESTS: dict[tuple[str, str], Callable[[Ground], Json]] = {
    ("rule", "CreateRule"): lambda _: {"rule": _RULE, "request_id": _id(), "reason": "season"},
    ("rule", "ValidateRule"): _given(rule=_RULE),
    ("rule", "GetRule"): _rule_of,
    ("rule", "ListRules"): _given(owner=_ADMIN, page_size=10),
    ("rule", "UpdateRule"): lambda it: {
        "rule": {**_RULE, "rule_id": it.rule.rule_id},
        "update_mask": "displayName,conditions,action",
        "request_id": _id(),
        "reason": "season",
    },
    ("rule", "DeleteRule"): lambda it: {"rule_id": it.spare_rule(), "request_id": _id(), "reason": "over"},
    ("rule", "ConfigureGroups"): lambda it: {
        "operation": "OPERATION_BIND",
        "rule_ids": [it.rule.rule_id],
        "chat_ids": [CHAT, "wrOther"],
        "request_id": _id(),
        "validate_only": True,
    },
    ("rule", "SetGroupRules"): lambda it: {
        "chat_id": CHAT,
        "rule_ids": [it.rule.rule_id],
        "request_id": _id(),
        "validate_only": True,
    },
    ("rule", "ListRuleGroups"): lambda it: _page(**_rule_of(it)),
    ("rule", "ListGroupRules"): _given(chat_id=CHAT, page_size=10),
    ("rule", "UpsertGroups"): lambda _: {
        "groups": [
            {
                "chat_id": "wrNew",
                "owner_userid": OWNER,
                "display_name": "新群",
                "strategy_ids": ["7"],
                "member_count": 9,
            }
        ],
        "request_id": _id(),
    },
    ("rule", "DismissGroups"): lambda _: {"chat_ids": ["wrOther"], "request_id": _id()},
    ("rule", "ListGroups"): _given(owner_userid=OWNER, strategy_id="7", recently_active=True, page_size=10),
    ("rule", "ReportActivity"): _given(
        activities=[{"chat_id": chat, "active_time": _NOW.isoformat()} for chat in (CHAT, "wrOther")]
    ),
    ("rule", "ListReleasedBindings"): lambda it: _page(**_rule_of(it)),
    ("rule", "ListRuleRevisions"): lambda it: _page(**_rule_of(it)),
    ("rule", "RestoreRule"): lambda it: {
        **_rule_of(it),
        "revision": it.first_revision(),
        "reason": "back",
        "request_id": _id(),
    },
    ("rule", "ListRuleProblems"): lambda it: _page(**_rule_of(it)),
    ("rule", "AddExemptCustomers"): lambda _: {
        "owner": _MEMBER,
        "customers": [{"external_userid": f"wmVip{number}", "reason": "ours"} for number in range(3)],
        "request_id": _id(),
    },
    ("rule", "RemoveExemptCustomers"): lambda _: {
        "owner": _MEMBER,
        "external_userids": ["wmVip"],
        "request_id": _id(),
    },
    ("rule", "ListExemptCustomers"): _given(owner=_MEMBER, external_userid="wmVip", page_size=10),
    ("rule", "GetCorpSettings"): _given(),
    ("rule", "UpdateCorpSettings"): lambda _: {
        "settings": {
            "share_exemptions": True,
            "check_failure": "CHECK_FAILURE_CONTINUE",
            "decision_log": {"enabled": True, "masking": "MASKING_FULL_TEXT", "retention": "86400s"},
            "limits": {"rules_per_owner": 100, "groups_per_rule": 1_000, "exempt_customers_per_owner": 100},
        },
        "request_id": _id(),
    },
    ("rule", "CreateRulesFromTemplate"): lambda _: {
        "template": "RULE_TEMPLATE_RETAIL",
        "owner": _MEMBER,
        "competitor_names": ["隔壁超市"],
        "web_whitelist": ["shop.example.com"],
        "mini_program_whitelist": ["wx1234567890abcdef"],
        "state": "RULE_STATE_SHADOW",
        "request_id": _id(),
        "validate_only": True,
    },
    ("rule", "RenderGroupNotice"): _given(chat_id=CHAT),
    ("rule", "ForgetCustomer"): _given(external_userid="wmVip", validate_only=True),
    ("rule", "FetchRules"): lambda it: {"since": it.corp.token},
    ("rule", "ExportCorp"): _given(),
    ("rule", "ImportCorp"): lambda it: {
        "records": [
            {"group": {"chat_id": "wrSome", "owner_userid": OWNER}},
            {"rule": {**_RULE, "rule_id": it.rule.rule_id}},
            {"bindings": {"rule_id": it.rule.rule_id, "chat_ids": ["wrSome"]}},
            {"exempt_customer": {"external_userid": "wmVip", "owner": _MEMBER}},
            {"settings": {"share_exemptions": True}},
        ],
        "reason": "restored",
    },
    ("filter", "CheckMessage"): lambda it: {"message": _MESSAGE, "min_rules_revision": it.corp.token},
    ("filter", "BatchCheckMessages"): _given(messages=_around(**_RECORD)),
    ("filter", "StreamCheckMessages"): _given(messages=_around(news={"articles": [_LINK, _LINK]})),
    ("filter", "CheckMember"): _given(
        change="CHANGE_JOIN", chat_id=CHAT, member=_SENDER, event_id="e", event_time=_NOW.isoformat()
    ),
    ("filter", "ListStrikes"): _given(chat_id=CHAT, external_userid=CUSTOMER, page_size=10),
    ("filter", "ClearStrikes"): _given(chat_id=CHAT, external_userid=CUSTOMER),
    ("filter", "TestRule"): _given(rule=_RULE, samples=[{"text": {"content": "加微信"}}, _RECORD, _RECORD]),
    ("filter", "Backtest"): _given(rule=_RULE, messages=_around(link=_LINK)),
    ("filter", "ListHits"): lambda it: {
        "filter": {
            "start_time": (_NOW - timedelta(days=1)).isoformat(),
            "end_time": _LATER,
            "rule_id": it.rule.rule_id,
            "chat_id": CHAT,
            "external_userid": CUSTOMER,
            "shadow": False,
        },
        "oldest_first": True,
        "page_size": 10,
    },
    ("filter", "WatchHits"): lambda it: {"filter": _rule_of(it), "after_cursor": "0-0"},
    ("filter", "GetStatistics"): lambda it: {"days": 7, **_rule_of(it)},
    ("filter", "ForgetCustomer"): _given(external_userid="wmVip", validate_only=True),
    ("filter", "GetSnapshot"): _given(),
    ("blacklist", "AddEntries"): lambda _: {
        "list": _PERSONAL,
        "external_userids": ["wmA", "wmB", "wmC"],
        "reason": "adverts",
        "source": {"kind": "SOURCE_KIND_MANUAL"},
        "request_id": _id(),
        "expire_time": _LATER,
    },
    ("blacklist", "RemoveEntries"): lambda _: {
        "list": _PERSONAL,
        "external_userids": ["wmA", "wmB", "wmC"],
        "request_id": _id(),
    },
    ("blacklist", "CheckCustomers"): _given(
        queries=[{"external_userid": "wmListed", "owner_userid": OWNER}] * 3
    ),
    ("blacklist", "ListEntries"): _given(list=_PERSONAL, page_size=10),
    ("blacklist", "GetBlacklist"): _given(list=_PERSONAL),
    ("blacklist", "ExportEntries"): _given(list=_PERSONAL),
    ("blacklist", "ImportEntries"): lambda _: {
        "import_id": _id(),
        "list": _ENTERPRISE,
        "items": [
            {"external_userid": f"wmImported{number}", "reason": "adverts", "expire_time": _LATER}
            for number in range(3)
        ],
        "reason": "spring",
    },
    ("blacklist", "RemoveBySource"): _given(
        source={"kind": "SOURCE_KIND_RULE", "id": "r1"}, list=_ENTERPRISE
    ),
    ("blacklist", "ForgetCustomer"): _given(external_userid="wmListed", validate_only=True),
    ("blacklist", "RebuildFilter"): _given(),
}
