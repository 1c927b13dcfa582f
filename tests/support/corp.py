"""A corp of its own for a test, on services that all tests share."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest, List
from groupguard.common.v1.blacklist_kind_pb2 import (
    BLACKLIST_KIND_ENTERPRISE,
    BLACKLIST_KIND_PERSONAL,
    BLACKLIST_KIND_UNSPECIFIED,
    BlacklistKind,
)
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import Verdict
from groupguard.rule.v1.exemptions_pb2 import (
    AddExemptCustomersRequest,
    ExemptCustomer,
    RemoveExemptCustomersRequest,
)
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_WARN,
    MATCH_MODE_UNSPECIFIED,
    OWNER_KIND_MEMBER,
    OWNER_KIND_SUPER_ADMIN,
    RULE_STATE_ENABLED,
    Action,
    ActionKind,
    Conditions,
    Keyword,
    KeywordCondition,
    MatchMode,
    Owner,
    Rule,
    RuleState,
)
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    DeleteRuleRequest,
    UpdateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard.rule.v1.settings_pb2 import CorpSettings, UpdateCorpSettingsRequest
from groupguard_client import GroupGuard, text_message

CHAT = "wrMarket"
OWNER = "zhangmin"
CUSTOMER = "wmPeddler"


@dataclass
class Corp:
    """A corp with one registered group; every write keeps its token, which every check then asks for."""

    gg: GroupGuard
    id: str = field(default_factory=lambda: f"ww{uuid.uuid4().hex[:14]}")
    token: str = ""
    """Of the last write to its rules."""
    lists_token: str = ""
    """Of the last write to its blacklists."""

    def __post_init__(self) -> None:
        self.group(CHAT, OWNER)

    def group(self, chat_id: str, owner_userid: str) -> None:
        """Registers a group."""
        groups = [Group(chat_id=chat_id, owner_userid=owner_userid)]
        self.token = self.gg.rules.UpsertGroups(
            UpsertGroupsRequest(corp_id=self.id, groups=groups)
        ).rules_revision

    def rule(
        self,
        *keywords: str,
        kind: ActionKind.ValueType = ACTION_KIND_WARN,
        warning: str | None = None,
        state: RuleState.ValueType = RULE_STATE_ENABLED,
        warnings_before_kick: int = 0,
        blacklist: BlacklistKind.ValueType = BLACKLIST_KIND_UNSPECIFIED,
        chats: Iterable[str] = (CHAT,),
        match_mode: MatchMode.ValueType = MATCH_MODE_UNSPECIFIED,
    ) -> Rule:
        """Creates a rule and binds it; one that warns has a text unless another is given."""
        if warning is None:
            warning = "" if kind == ACTION_KIND_KICK else "本群请勿打扰。"
        rule = Rule(
            owner=Owner(kind=OWNER_KIND_SUPER_ADMIN),
            display_name="规则",
            state=state,
            conditions=conditions(*keywords, match_mode=match_mode),
            action=Action(
                kind=kind,
                warning_text=warning,
                warnings_before_kick=warnings_before_kick,
                add_to_blacklist=blacklist,
            ),
        )
        created = self.create(rule)
        if chats:
            self.bind(created, *chats)
        return created

    def create(self, rule: Rule) -> Rule:
        """Creates a rule, bound to no group."""
        answer = self.gg.rules.CreateRule(CreateRuleRequest(corp_id=self.id, rule=rule))
        self.token = answer.rules_revision
        return answer.rule

    def bind(self, rule: Rule, *chats: str) -> None:
        """Binds a rule to groups."""
        self._configure(ConfigureGroupsRequest.OPERATION_BIND, rule, chats)

    def unbind(self, rule: Rule, *chats: str) -> None:
        """Takes a rule out of groups."""
        self._configure(ConfigureGroupsRequest.OPERATION_UNBIND, rule, chats)

    def _configure(
        self,
        operation: ConfigureGroupsRequest.Operation.ValueType,
        rule: Rule,
        chats: Iterable[str],
    ) -> None:
        self.token = self.gg.rules.ConfigureGroups(
            ConfigureGroupsRequest(
                corp_id=self.id, operation=operation, rule_ids=[rule.rule_id], chat_ids=list(chats)
            )
        ).rules_revision

    def update(self, rule: Rule) -> Rule:
        """Changes the fields of a rule that are set."""
        answer = self.gg.rules.UpdateRule(UpdateRuleRequest(corp_id=self.id, rule=rule))
        self.token = answer.rules_revision
        return answer.rule

    def delete(self, rule: Rule) -> None:
        """Deletes a rule."""
        request = DeleteRuleRequest(corp_id=self.id, rule_id=rule.rule_id)
        self.token = self.gg.rules.DeleteRule(request).rules_revision

    def blacklist(self, external_userid: str, owner_userid: str = "") -> None:
        """Puts a customer on a member's list, or on the enterprise's."""
        kind = BLACKLIST_KIND_PERSONAL if owner_userid else BLACKLIST_KIND_ENTERPRISE
        request = AddEntriesRequest(
            corp_id=self.id,
            list=List(kind=kind, owner_userid=owner_userid),
            external_userids=[external_userid],
        )
        self.lists_token = self.gg.blacklist.AddEntries(request).blacklist_revision

    def exempt(self, external_userid: str, owner_userid: str = "") -> None:
        """Exempts a customer from rules, in a member's groups or in all."""
        request = AddExemptCustomersRequest(
            corp_id=self.id,
            owner=_list_owner(owner_userid),
            customers=[ExemptCustomer(external_userid=external_userid)],
        )
        self.token = self.gg.rules.AddExemptCustomers(request).rules_revision

    def unexempt(self, external_userid: str, owner_userid: str = "") -> None:
        """Exempts a customer no longer."""
        request = RemoveExemptCustomersRequest(
            corp_id=self.id, owner=_list_owner(owner_userid), external_userids=[external_userid]
        )
        self.token = self.gg.rules.RemoveExemptCustomers(request).rules_revision

    def decide(self, settings: CorpSettings, *paths: str) -> None:
        """Changes the corp's settings: those that are set, or the named ones."""
        request = UpdateCorpSettingsRequest(
            corp_id=self.id, settings=settings, update_mask=FieldMask(paths=paths) if paths else None
        )
        self.token = self.gg.rules.UpdateCorpSettings(request).rules_revision

    def judge(self, message: Message, token: str | None = None) -> Verdict:
        """Has a message judged, by rules and lists that include this corp's last writes unless told otherwise."""
        request = CheckMessageRequest(
            corp_id=self.id,
            message=message,
            min_rules_revision=self.token if token is None else token,
            min_blacklist_revision=self.lists_token,
        )
        return self.gg.filter.CheckMessage(request).verdict

    def say(
        self,
        text: str,
        *,
        by: str = CUSTOMER,
        chat: str = CHAT,
        nickname: str | None = None,
        message_id: str = "",
    ) -> Verdict:
        """Has a customer's text judged."""
        return self.judge(text_message(chat, by, text, message_id=message_id, group_nickname=nickname))


def _list_owner(owner_userid: str) -> Owner:
    if owner_userid:
        return Owner(kind=OWNER_KIND_MEMBER, userid=owner_userid)
    return Owner(kind=OWNER_KIND_SUPER_ADMIN)


def conditions(*keywords: str, match_mode: MatchMode.ValueType = MATCH_MODE_UNSPECIFIED) -> Conditions:
    """The condition that one of the words stands in the message; unset, the server chooses the mode."""
    words = [Keyword(text=word, match_mode=match_mode) for word in keywords]
    return Conditions(keywords=KeywordCondition(keywords=words))


def texts(verdict: Verdict, text: str) -> list[str]:
    """What the hits' spans cut out of a text."""
    return [text[hit.span.start : hit.span.end] for hit in verdict.hits]
