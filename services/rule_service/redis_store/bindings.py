"""Which rule is bound to which group, on Redis or Valkey."""

from collections.abc import Sequence

import msgspec

from rule_service.domain import limits
from rule_service.domain.bindings import CHUNK_ORDINALS, masks, without
from rule_service.domain.group import StoredGroup, why_not_bindable
from rule_service.domain.rule import OwnerKind, Rule
from rule_service.redis_store.change_log import binding_payload
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.records import living
from rule_service.redis_store.refusals import raise_rule_refusal, too_many_groups
from rule_service.redis_store.writer import PLANS, RedisWriter, digest
from rule_service.store import BindingCount, GroupRulesSet, Operation
from service_kit.errors import BindingNotAllowed
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write


class RedisBindings(RedisWriter):
    """The part of `rule_service.store.RuleStore` that binds rules to groups."""

    async def configure_groups(
        self,
        write: Write,
        operation: Operation,
        rules: Sequence[Rule],
        chat_ids: Sequence[str],
        unbind_chat_ids: Sequence[str] = (),
        most: int | None = None,
    ) -> tuple[list[BindingCount], Revision]:
        bind, unbind = (chat_ids, unbind_chat_ids) if operation is Operation.BIND else ((), chat_ids)
        for _ in range(PLANS):
            try:
                return await self._configure_groups(
                    write, rules, bind, unbind, limits.GROUPS_PER_RULE if most is None else most
                )
            except ScriptRefused as refusal:
                raise_rule_refusal(refusal, "")
                if refusal.code == "LIMIT":
                    raise too_many_groups(refusal) from None
        raise StoreUnavailable("the groups keep changing")

    async def _configure_groups(
        self, write: Write, rules: Sequence[Rule], bind: Sequence[str], unbind: Sequence[str], most: int
    ) -> tuple[list[BindingCount], Revision]:
        keys = RuleKeys(write.corp_id)
        with store_errors():
            records = await self._client.hmget(keys.groups, [*bind, *unbind])
        groups = living([*bind, *unbind], records)
        _check_owners(rules, groups[: len(bind)])
        rule_ids = [rule.rule_id for rule in rules]
        bound, unbound = ([it.ordinal for it in part] for part in (groups[: len(bind)], groups[len(bind) :]))
        add = masks(bound)
        stay = {chunk: without(mask) for chunk, mask in masks(unbound).items()}
        chunks = sorted(add.keys() | stay.keys())
        result, revision = await self._write(
            "configure_groups",
            write,
            [
                keys.rules,
                keys.bindings,
                keys.groups,
                *keys.scratch,
                *(keys.bits(rule_id, chunk) for rule_id in rule_ids for chunk in chunks),
            ],
            [
                binding_payload(Operation.BIND, rule_ids, bound) if bound else b"",
                most,
                binding_payload(Operation.UNBIND, rule_ids, unbound) if unbound else b"",
                digest(records[: len(bind)]) if bind else "",
                len(rule_ids),
                len(chunks),
                *rule_ids,
                *chunks,
                *(add.get(chunk, b"") for chunk in chunks),
                *(stay.get(chunk, b"") for chunk in chunks),
                *bind,
            ],
        )
        return _counts(rule_ids, result), revision

    async def configured_before(
        self, write: Write, rule_ids: Sequence[str]
    ) -> tuple[list[BindingCount], Revision] | None:
        answer = await self._answered(write)
        return None if answer is None else (_counts(rule_ids, answer[0]), answer[1])

    async def set_group_rules(
        self, write: Write, at: Revision, group: StoredGroup, bind: Sequence[str], unbind: Sequence[str]
    ) -> GroupRulesSet | None:
        keys = RuleKeys(write.corp_id)
        chunk, place = divmod(group.ordinal, CHUNK_ORDINALS)
        payloads = [
            binding_payload(operation, rule_ids, [group.ordinal]) if rule_ids else b""
            for operation, rule_ids in ((Operation.BIND, bind), (Operation.UNBIND, unbind))
        ]
        try:
            result, revision = await self._write(
                "set_group_rules",
                write,
                [keys.bindings, *(keys.bits(rule_id, chunk) for rule_id in (*bind, *unbind))],
                [
                    at.number,
                    chunk,
                    place,
                    limits.GROUPS_PER_RULE,
                    msgspec.json.encode({"bind": list(bind), "unbind": list(unbind)}),
                    *payloads,
                ],
            )
        except ScriptRefused as refusal:
            if refusal.code == "LIMIT":
                raise too_many_groups(refusal) from None
            if refusal.code == "CHANGED_MEANWHILE":
                return None
            raise
        return _set(result, revision)

    async def set_before(self, write: Write) -> GroupRulesSet | None:
        answer = await self._answered(write)
        return None if answer is None else _set(*answer)


def _check_owners(rules: Sequence[Rule], groups: Sequence[StoredGroup]) -> None:
    """Checks that each rule's owner may bind each group."""
    for rule in (it for it in rules if it.owner.kind is not OwnerKind.SUPER_ADMIN):
        for stored in groups:
            if why := why_not_bindable(rule.owner, stored.group):
                raise BindingNotAllowed(rule.rule_id, stored.group.chat_id, why)


def _set(result: dict[str, Sequence[str]], revision: Revision) -> GroupRulesSet:
    return GroupRulesSet(tuple(result["bound"]), tuple(result["unbound"]), revision)


def _counts(rule_ids: Sequence[str], result: Sequence[Sequence[int]]) -> list[BindingCount]:
    return [BindingCount(rule_id, *counted) for rule_id, counted in zip(rule_ids, result, strict=True)]
