"""Rules on Redis or Valkey."""

from rule_service.domain import limits
from rule_service.domain.rule import Rule, StoredRule
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.records import read_rule, read_summary, rule_json
from rule_service.redis_store.refusals import details, raise_rule_refusal
from rule_service.redis_store.writer import PLANS, RedisWriter
from service_kit.errors import LimitExceeded, PassedLimit
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.writes import Write


class RedisRules(RedisWriter):
    """See `rule_service.store.rules.Rules`."""

    async def create_rule(self, write: Write, rule: Rule) -> tuple[StoredRule, Revision]:
        keys = RuleKeys(write.corp_id)
        try:
            result, revision = await self._write(
                "create_rule",
                write,
                [keys.rules, keys.ids(), keys.ids(rule.owner)],
                [rule.rule_id, rule_json(rule), limits.RULES_PER_OWNER],
            )
        except ScriptRefused as refusal:
            full = details(refusal, "LIMIT")
            limit = PassedLimit(
                f"corp {write.corp_id}", f"rules of {rule.owner}", full["limit"], full["current"], 1
            )
            raise LimitExceeded([limit]) from None
        return _stored(result), revision

    async def replace_rule(
        self, write: Write, rule: Rule, expected_revision: int
    ) -> tuple[StoredRule, Revision]:
        keys = RuleKeys(write.corp_id)
        try:
            result, revision = await self._write(
                "replace_rule",
                write,
                [keys.rules, keys.bindings],
                [rule.rule_id, rule_json(rule), expected_revision],
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

    async def delete_rule(self, write: Write, stored: StoredRule) -> Revision:
        keys, rule = RuleKeys(write.corp_id), stored.rule
        for _ in range(PLANS):
            with store_errors():
                summary = await self._client.hget(keys.bindings, rule.rule_id)
            bits = [keys.bits(rule.rule_id, chunk) for chunk in read_summary(summary)[1]]
            try:
                _, revision = await self._write(
                    "delete_rule",
                    write,
                    [keys.rules, keys.ids(), keys.ids(rule.owner), keys.bindings, *bits],
                    [rule.rule_id, stored.revision, summary or b""],
                )
            except ScriptRefused as refusal:
                raise_rule_refusal(refusal, rule.rule_id)
                continue
            return revision
        raise StoreUnavailable("the rule's bindings keep changing")


def _stored(result: dict[str, str]) -> StoredRule:
    summary = result.get("summary")
    return read_rule(result["record"].encode(), summary.encode() if summary else None)
