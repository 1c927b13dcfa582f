"""Rules on Redis or Valkey."""

from collections.abc import Sequence

from rule_service.domain import limits
from rule_service.domain.history import Edit
from rule_service.domain.rule import Rule, StoredRule
from rule_service.redis_store.history import edit_json, packed_state
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.records import read_rule, read_summary, rule_json
from rule_service.redis_store.refusals import details, raise_rule_refusal
from rule_service.redis_store.writer import PLANS, RedisWriter
from service_kit.errors import LimitExceeded, PassedLimit, rule_changed
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write


class RedisRules(RedisWriter):
    """See `rule_service.store.rules.Rules`."""

    async def create_rules(
        self, write: Write, rules: Sequence[Rule], edit: Edit
    ) -> tuple[list[StoredRule], Revision]:
        keys, owner = RuleKeys(write.corp_id), rules[0].owner
        try:
            result, revision = await self._write(
                "create_rules",
                write,
                [keys.rules, keys.ids(), keys.ids(owner), *(keys.history(rule.rule_id) for rule in rules)],
                [
                    limits.RULES_PER_OWNER,
                    edit_json(edit, owner),
                    limits.REVISIONS_PER_RULE,
                    *(part for it in rules for part in (it.rule_id, rule_json(it), packed_state(it))),
                ],
            )
        except ScriptRefused as refusal:
            if refusal.code == "ETAG_MISMATCH":
                raise rule_changed(refusal.details["rule_id"], refusal.details["etag"]) from None
            full = details(refusal, "LIMIT")
            limit = PassedLimit(
                f"corp {write.corp_id}", f"rules of {owner}", full["limit"], full["current"], len(rules)
            )
            raise LimitExceeded([limit]) from None
        return [read_rule(record.encode(), None) for record in result["records"]], revision

    async def replace_rule(
        self, write: Write, rule: Rule, expected_revision: int, edit: Edit
    ) -> tuple[StoredRule, Revision]:
        keys = RuleKeys(write.corp_id)
        try:
            result, revision = await self._write(
                "replace_rule",
                write,
                [keys.rules, keys.bindings, keys.history(rule.rule_id)],
                [
                    rule.rule_id,
                    rule_json(rule),
                    expected_revision,
                    edit_json(edit, rule.owner),
                    limits.REVISIONS_PER_RULE,
                    packed_state(rule),
                ],
            )
        except ScriptRefused as refusal:
            raise_rule_refusal(refusal, rule.rule_id)
            raise
        return _stored(result), revision

    async def updated_before(self, write: Write) -> tuple[StoredRule, Revision] | None:
        answer = await self._answered(write)
        return None if answer is None else (_stored(answer[0]), answer[1])

    async def deleted_before(self, write: Write) -> Revision | None:
        answer = await self._answered(write)
        return None if answer is None else answer[1]

    async def delete_rule(self, write: Write, stored: StoredRule, edit: Edit) -> Revision:
        keys, rule = RuleKeys(write.corp_id), stored.rule
        history = keys.history(rule.rule_id)
        for _ in range(PLANS):
            with store_errors():
                summary = await self._client.hget(keys.bindings, rule.rule_id)
            bits = [keys.bits(rule.rule_id, chunk) for chunk in read_summary(summary)[1]]
            try:
                _, revision = await self._write(
                    "delete_rule",
                    write,
                    [keys.rules, keys.ids(), keys.ids(rule.owner), keys.bindings, history, *bits],
                    [
                        rule.rule_id,
                        stored.revision,
                        summary or b"",
                        edit_json(edit, rule.owner),
                        limits.REVISIONS_PER_RULE,
                    ],
                )
            except ScriptRefused as refusal:
                raise_rule_refusal(refusal, rule.rule_id)
                continue
            return revision
        raise StoreUnavailable("the rule's bindings keep changing")


def _stored(result: dict[str, str]) -> StoredRule:
    summary = result.get("summary")
    return read_rule(result["records"][0].encode(), summary.encode() if summary else None)
