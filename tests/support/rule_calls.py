"""Calls of RuleService: how each is made, and what the model says of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.rule.v1 import exemptions_pb2 as exempt_pb
from groupguard.rule.v1 import group_pb2, history_pb2, rule_pb2
from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1 import settings_pb2 as settings_pb
from groupguard_client import AsyncGroupGuard, failure
from rule_service.domain.settings import GROUPGUARD_LIMITS
from service_kit.revision import Revision
from support.rule_model import Model, ModelGroup, RuleAnswer, SettingsAnswer
from support.rule_operations import MOST_RULES, Operation
from support.rules import asked, member, strategy


@dataclass(frozen=True)
class Answer:
    """What a call brought: what the model must return, and the revision; or why it was refused."""

    result: Any = None
    revision: int = -1
    refusal: str = ""


class Call:
    """An operation on what there is when its batch begins."""

    def __init__(self, operation: Operation, corp_id: str, model: Model) -> None:
        self.operation = operation
        self.request_id = str(uuid.uuid4())
        self.common: dict[str, Any] = {"corp_id": corp_id, "request_id": self.request_id}
        gone = [rule_id for rule_id in model.pools if rule_id not in model.rules][::-1]
        known = [*model.rules, *gone][:MOST_RULES]
        chosen = [known[place % len(known)] for place in operation.rules] if known else []
        self.rule_ids = list(dict.fromkeys(chosen))
        self.rule_id = chosen[0] if chosen else ""
        self.etag = ""
        if operation.with_etag and operation.kind == "update_settings":
            self.etag = str(model.settings.revision)
        elif operation.with_etag and self.rule_id in model.rules:
            self.etag = str(model.rules[self.rule_id].revision)
        history = [change.revision for change in model.histories.get(self.rule_id, ())][::-1]
        back = operation.back if operation.back < len(history) else 1
        self.revision = history[back] if back < len(history) else 1
        self.others = [chat_id for chat_id in operation.others if chat_id not in operation.chats]
        self.created = ""

    @property
    def is_possible(self) -> bool:
        """Whether there are the rules that it needs."""
        return bool(self.rule_ids) or not self.operation.rules

    def apply(self, model: Model) -> Any:
        """Does to a model what the call shall do; returns what it shall answer."""
        it, reason = self.operation, self.request_id
        match it.kind:
            case "create":
                return model.create(self.created, it.pool, it.name, reason)
            case "update":
                return model.update(self.rule_id, it.name, self.etag, reason)
            case "delete":
                return model.delete(self.rule_id, self.etag, reason)
            case "restore":
                return model.restore(self.rule_id, self.revision, self.etag, reason)
            case "bind":
                return model.configure(self.rule_ids, it.chats, ())
            case "unbind":
                return model.configure(self.rule_ids, (), it.chats)
            case "swap":
                return model.configure(self.rule_ids, it.chats, self.others)
            case "set_group_rules":
                return model.set_group_rules(it.chats[0], self.rule_ids)
            case "upsert":
                group = ModelGroup(it.owner, frozenset(it.strategies))
                return model.upsert(dict.fromkeys(it.chats, group))
            case "dismiss":
                return model.dismiss(it.chats)
            case "add_exempt":
                return model.add_exempt(it.owner, it.customers)
            case "remove_exempt":
                return model.remove_exempt(it.owner, it.customers)
            case "update_settings":
                return model.update_settings(it.share_exemptions, dict(it.limits), self.etag)
        raise AssertionError(it.kind)

    async def send(self, client: AsyncGroupGuard) -> Answer:
        """Makes the call."""
        await asyncio.sleep(self.operation.pause_ms / 1000)
        try:
            result, token = await getattr(self, f"_{self.operation.kind}")(client.rules)
        except grpc.RpcError as error:
            return Answer(refusal=failure(error).reason)
        return Answer(result, Revision.parse(token).number)

    async def _create(self, rules: Any) -> tuple[RuleAnswer, str]:
        kind, id = self.operation.pool
        owner = {"strategy": strategy, "member": member}.get(kind)
        wanted = asked(display_name=self.operation.name)
        if owner is not None:
            wanted.owner.CopyFrom(owner(id))
        request = pb.CreateRuleRequest(rule=wanted, reason=self.request_id, **self.common)
        done = await rules.CreateRule(request)
        self.created = done.rule.rule_id
        return _told(done.rule), done.rules_revision

    async def _update(self, rules: Any) -> tuple[RuleAnswer, str]:
        wanted = rule_pb2.Rule(rule_id=self.rule_id, display_name=self.operation.name, etag=self.etag)
        request = pb.UpdateRuleRequest(rule=wanted, reason=self.request_id, **self.common)
        done = await rules.UpdateRule(request)
        return _told(done.rule), done.rules_revision

    async def _delete(self, rules: Any) -> tuple[None, str]:
        request = pb.DeleteRuleRequest(
            rule_id=self.rule_id, etag=self.etag, reason=self.request_id, **self.common
        )
        return None, (await rules.DeleteRule(request)).rules_revision

    async def _restore(self, rules: Any) -> tuple[RuleAnswer, str]:
        request = history_pb2.RestoreRuleRequest(
            rule_id=self.rule_id,
            revision=self.revision,
            etag=self.etag,
            reason=self.request_id,
            **self.common,
        )
        done = await rules.RestoreRule(request)
        return _told(done.rule), done.rules_revision

    async def _bind(
        self,
        rules: Any,
        operation: pb.ConfigureGroupsRequest.Operation.ValueType = pb.ConfigureGroupsRequest.OPERATION_BIND,
        unbind: Sequence[str] = (),
    ) -> tuple[list[tuple[int, int]], str]:
        request = pb.ConfigureGroupsRequest(
            operation=operation,
            rule_ids=self.rule_ids,
            chat_ids=self.operation.chats,
            unbind_chat_ids=unbind,
            **self.common,
        )
        done = await rules.ConfigureGroups(request)
        return [(it.groups_before, it.groups_after) for it in done.results], done.rules_revision

    async def _unbind(self, rules: Any) -> tuple[list[tuple[int, int]], str]:
        return await self._bind(rules, pb.ConfigureGroupsRequest.OPERATION_UNBIND)

    async def _swap(self, rules: Any) -> tuple[list[tuple[int, int]], str]:
        return await self._bind(rules, unbind=self.others)

    async def _set_group_rules(self, rules: Any) -> tuple[tuple[list[str], list[str]], str]:
        request = pb.SetGroupRulesRequest(
            chat_id=self.operation.chats[0], rule_ids=self.rule_ids, **self.common
        )
        done = await rules.SetGroupRules(request)
        return (list(done.bound_rule_ids), list(done.unbound_rule_ids)), done.rules_revision

    async def _upsert(self, rules: Any) -> tuple[tuple[int, int], str]:
        it = self.operation
        groups = [
            group_pb2.Group(chat_id=chat_id, owner_userid=it.owner, strategy_ids=it.strategies)
            for chat_id in it.chats
        ]
        done = await rules.UpsertGroups(pb.UpsertGroupsRequest(groups=groups, **self.common))
        return (done.created_count, done.released_binding_count), done.rules_revision

    async def _dismiss(self, rules: Any) -> tuple[tuple[int, int], str]:
        request = registry_pb.DismissGroupsRequest(chat_ids=self.operation.chats, **self.common)
        done = await rules.DismissGroups(request)
        return (done.dismissed_count, done.released_binding_count), done.rules_revision

    async def _add_exempt(self, rules: Any) -> tuple[int, str]:
        customers = [exempt_pb.ExemptCustomer(external_userid=id) for id in self.operation.customers]
        request = exempt_pb.AddExemptCustomersRequest(
            owner=self._list_owner(), customers=customers, **self.common
        )
        done = await rules.AddExemptCustomers(request)
        return done.added_count, done.rules_revision

    async def _remove_exempt(self, rules: Any) -> tuple[int, str]:
        request = exempt_pb.RemoveExemptCustomersRequest(
            owner=self._list_owner(), external_userids=self.operation.customers, **self.common
        )
        done = await rules.RemoveExemptCustomers(request)
        return done.removed_count, done.rules_revision

    def _list_owner(self) -> rule_pb2.Owner:
        return member(self.operation.owner) if self.operation.owner else asked().owner

    async def _update_settings(self, rules: Any) -> tuple[SettingsAnswer, str]:
        it = self.operation
        paths = [f"limits.{name}" for name, _ in it.limits]
        settings = settings_pb.CorpSettings(limits=settings_pb.CorpLimits(**dict(it.limits)), etag=self.etag)
        if it.share_exemptions is not None:
            settings.share_exemptions = it.share_exemptions
            paths.append("share_exemptions")
        request = settings_pb.UpdateCorpSettingsRequest(
            settings=settings, update_mask=FieldMask(paths=paths), **self.common
        )
        done = await rules.UpdateCorpSettings(request)
        return told_settings(done.settings), done.rules_revision


def _told(rule: rule_pb2.Rule) -> RuleAnswer:
    return rule.display_name, rule.revision, rule.group_count


def told_settings(settings: settings_pb.CorpSettings) -> SettingsAnswer:
    """Returns what the model knows of settings."""
    limits = {field.name: int(value) for field, value in settings.limits.ListFields()}
    own = {name: value for name, value in limits.items() if value != getattr(GROUPGUARD_LIMITS, name)}
    return settings.share_exemptions, own, int(settings.etag)
