"""A corp with many groups and rules, and what its operators do with all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest
from groupguard.filter.v1.verdict_pb2 import Verdict
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.history_pb2 import (
    ListRuleRevisionsRequest,
    RestoreRuleRequest,
    RuleRevision,
)
from groupguard.rule.v1.problems_pb2 import ListRuleProblemsRequest, RuleProblem
from groupguard.rule.v1.rule_pb2 import OWNER_KIND_SUPER_ADMIN, RULE_STATE_ENABLED, Owner, Rule, RuleState
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    ConfigureGroupsResponse,
    ListRulesRequest,
    UpsertGroupsRequest,
)
from groupguard.rule.v1.templates_pb2 import (
    CreateRulesFromTemplateRequest,
    RenderGroupNoticeRequest,
    RuleTemplate,
)
from groupguard_client import text_message
from support.corp import Corp

_Item = TypeVar("_Item")

BIND, UNBIND = ConfigureGroupsRequest.OPERATION_BIND, ConfigureGroupsRequest.OPERATION_UNBIND
SUPER_ADMIN = Owner(kind=OWNER_KIND_SUPER_ADMIN)
PER_CALL = 2_000
"""Groups in one ConfigureGroups call."""
PER_BATCH = 1_000
"""Groups in one UpsertGroups call, messages in one BatchCheckMessages call."""


@dataclass
class Company(Corp):
    """A corp that begins without groups."""

    def __post_init__(self) -> None:
        """Registers nothing."""

    def register(self, owners: Mapping[str, str], members: int = 0) -> int:
        """Registers groups, their owners by chat_id, and returns how many were new."""
        created = 0
        for some in _pieces(owners.items(), PER_BATCH):
            groups = [Group(chat_id=chat, owner_userid=owner, member_count=members) for chat, owner in some]
            answer = self.gg.rules.UpsertGroups(UpsertGroupsRequest(corp_id=self.id, groups=groups))
            created, self.token = created + answer.created_count, answer.rules_revision
        return created

    def template(
        self,
        template: RuleTemplate.ValueType,
        *,
        owner: Owner = SUPER_ADMIN,
        state: RuleState.ValueType = RULE_STATE_ENABLED,
        competitors: Sequence[str] = (),
        pages: Sequence[str] = (),
        mini_programs: Sequence[str] = (),
    ) -> dict[str, Rule]:
        """Creates a template's rules, bound to no group, and returns them by their names."""
        answer = self.gg.rules.CreateRulesFromTemplate(
            CreateRulesFromTemplateRequest(
                corp_id=self.id,
                template=template,
                owner=owner,
                state=state,
                competitor_names=competitors,
                web_whitelist=pages,
                mini_program_whitelist=mini_programs,
            )
        )
        self.token = answer.rules_revision
        return {rule.display_name: rule for rule in answer.rules}

    def configure(
        self,
        operation: ConfigureGroupsRequest.Operation.ValueType,
        rules: Iterable[Rule],
        chats: Iterable[str],
        *,
        validate_only: bool = False,
    ) -> ConfigureGroupsResponse:
        """Binds rules and groups, or unbinds them, in one call."""
        answer = self.gg.rules.ConfigureGroups(
            ConfigureGroupsRequest(
                corp_id=self.id,
                operation=operation,
                rule_ids=[rule.rule_id for rule in rules],
                chat_ids=chats,
                validate_only=validate_only,
            )
        )
        self.token = answer.rules_revision
        return answer

    def configure_all(self, rules: Iterable[Rule], chats: Iterable[str]) -> None:
        """Binds rules to any number of groups, in as many calls as that takes."""
        for some in _pieces(chats, PER_CALL):
            self.configure(BIND, rules, some)

    def say_everywhere(self, text: str, chats: Iterable[str], by: str) -> dict[str, Verdict]:
        """Has a customer's text judged in many groups, and returns the verdicts by group."""
        verdicts: dict[str, Verdict] = {}
        for some in _pieces(chats, PER_BATCH):
            request = BatchCheckMessagesRequest(
                corp_id=self.id,
                messages=[text_message(chat, by, text, message_id=f"{chat}.{by}") for chat in some],
                min_rules_revision=self.token,
            )
            results = self.gg.filter.BatchCheckMessages(request).results
            assert not [result.error for result in results if result.HasField("error")]
            verdicts.update(zip(some, (result.verdict for result in results), strict=True))
        return verdicts

    def rules(self) -> list[Rule]:
        """The rules that the caller may see."""
        return list(self.gg.rules.ListRules(ListRulesRequest(corp_id=self.id)).rules)

    def restore(self, rule: Rule, revision: int, reason: str) -> Rule:
        """Brings a rule back to what one of its changes made it."""
        request = RestoreRuleRequest(corp_id=self.id, rule_id=rule.rule_id, revision=revision, reason=reason)
        answer = self.gg.rules.RestoreRule(request)
        self.token = answer.rules_revision
        return answer.rule

    def history(self, rule: Rule) -> list[RuleRevision]:
        """How a rule changed, the newest first."""
        request = ListRuleRevisionsRequest(corp_id=self.id, rule_id=rule.rule_id)
        return list(self.gg.rules.ListRuleRevisions(request).revisions)

    def problems(self) -> list[RuleProblem]:
        """What can never act."""
        return list(self.gg.rules.ListRuleProblems(ListRuleProblemsRequest(corp_id=self.id)).problems)

    def notice(self, chat: str) -> str:
        """The announcement of a group."""
        request = RenderGroupNoticeRequest(corp_id=self.id, chat_id=chat)
        return self.gg.rules.RenderGroupNotice(request).notice


def _pieces(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    listed = list(items)
    return (listed[start : start + size] for start in range(0, len(listed), size))
