"""What RuleService must do, sequentially and in plain Python: the oracle of the test with two replicas."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

Pool = tuple[str, str]
"""Kind and id of an owner."""


class Refused(Exception):
    """A call that must fail, for any of some reasons: ErrorReasons without their prefix."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = frozenset(reasons)


@dataclass
class ModelGroup:
    """A group of the registry."""

    owner: str
    strategies: frozenset[str]

    def may_be_bound_by(self, pool: Pool) -> bool:
        """Whether rules of this owner may be bound to the group."""
        kind, id = pool
        return kind == "super_admin" or (id in self.strategies if kind == "strategy" else id == self.owner)


@dataclass
class ModelRule:
    """A rule: only its name ever changes."""

    pool: Pool
    name: str
    revision: int


@dataclass
class Model:
    """All of a corp, at one revision."""

    rules_per_owner: int
    groups_per_rule: int
    revision: int = 0
    rules: dict[str, ModelRule] = field(default_factory=dict)
    groups: dict[str, ModelGroup] = field(default_factory=dict)
    bound: set[tuple[str, str]] = field(default_factory=set)
    """(rule_id, chat_id)."""
    dismissed: set[str] = field(default_factory=set)
    pools: dict[str, Pool] = field(default_factory=dict)
    """Of every rule there ever was."""

    def copy(self) -> Model:
        """Returns a model that can go another way."""
        return copy.deepcopy(self)

    def groups_of(self, rule_id: str) -> set[str]:
        """Returns the chat_ids that a rule is bound to."""
        return {chat_id for bound, chat_id in self.bound if bound == rule_id}

    def create(self, rule_id: str, pool: Pool, name: str) -> None:
        """CreateRule."""
        if sum(rule.pool == pool for rule in self.rules.values()) >= self.rules_per_owner:
            raise Refused("LIMIT_EXCEEDED")
        self.rules[rule_id] = ModelRule(pool, name, self.revision + 1)
        self.pools[rule_id] = pool

    def update(self, rule_id: str, name: str, etag: str) -> None:
        """UpdateRule of the name."""
        rule = self._rule(rule_id, etag)
        if rule.name != name:
            rule.name, rule.revision = name, self.revision + 1

    def delete(self, rule_id: str, etag: str) -> None:
        """DeleteRule."""
        self._rule(rule_id, etag)
        del self.rules[rule_id]
        self.bound -= {(rule_id, chat_id) for chat_id in self.groups}

    def _rule(self, rule_id: str, etag: str) -> ModelRule:
        if rule_id not in self.rules:
            raise Refused("RULE_NOT_FOUND")
        if etag and str(self.rules[rule_id].revision) != etag:
            raise Refused("ETAG_MISMATCH")
        return self.rules[rule_id]

    def configure(
        self, rule_ids: Sequence[str], bind: Sequence[str], unbind: Sequence[str]
    ) -> list[tuple[int, int]]:
        """ConfigureGroups; returns each rule's number of groups before and after."""
        reasons = self._reasons(rule_ids, [*bind, *unbind], bind)
        counts = []
        for rule_id in rule_ids:
            before = self.groups_of(rule_id)
            after = (before | set(bind)) - set(unbind)
            if len(after) > max(self.groups_per_rule, len(before)):
                reasons.add("LIMIT_EXCEEDED")
            counts.append((len(before), len(after)))
        if reasons:
            raise Refused(*reasons)
        self.bound |= {(rule_id, chat_id) for rule_id in rule_ids for chat_id in bind}
        self.bound -= {(rule_id, chat_id) for rule_id in rule_ids for chat_id in unbind}
        return counts

    def set_group_rules(self, chat_id: str, rule_ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """SetGroupRules by a super administrator; returns what was bound and what was unbound."""
        reasons = self._reasons(rule_ids, [chat_id], [chat_id])
        current = {rule_id for rule_id, bound in self.bound if bound == chat_id}
        bind, unbind = set(rule_ids) - current, current - set(rule_ids)
        if any(len(self.groups_of(rule_id)) >= self.groups_per_rule for rule_id in bind):
            reasons.add("LIMIT_EXCEEDED")
        if reasons:
            raise Refused(*reasons)
        self.bound |= {(rule_id, chat_id) for rule_id in bind}
        self.bound -= {(rule_id, chat_id) for rule_id in unbind}
        return sorted(bind), sorted(unbind)

    def _reasons(self, rule_ids: Sequence[str], chat_ids: Sequence[str], bind: Sequence[str]) -> set[str]:
        """Returns why rules and groups can't be configured, but for limits."""
        reasons = set()
        if any(rule_id not in self.rules for rule_id in rule_ids):
            reasons.add("RULE_NOT_FOUND")
        if any(chat_id not in self.groups for chat_id in chat_ids):
            reasons.add("GROUP_NOT_FOUND")
        pools = [self.pools[rule_id] for rule_id in rule_ids]
        living = [self.groups[chat_id] for chat_id in bind if chat_id in self.groups]
        if not all(group.may_be_bound_by(pool) for pool in pools for group in living):
            reasons.add("BINDING_NOT_ALLOWED")
        return reasons

    def upsert(self, groups: dict[str, ModelGroup]) -> tuple[int, int]:
        """UpsertGroups; returns how many groups are new and how many bindings went."""
        created = len(groups.keys() - self.groups.keys() - self.dismissed)
        self.groups |= groups
        self.dismissed -= groups.keys()
        before = len(self.bound)
        self.bound = {
            (rule_id, chat_id)
            for rule_id, chat_id in self.bound
            if self.groups[chat_id].may_be_bound_by(self.rules[rule_id].pool)
        }
        return created, before - len(self.bound)

    def dismiss(self, chat_ids: Sequence[str]) -> tuple[int, int]:
        """DismissGroups; returns how many, and how many bindings went."""
        if set(chat_ids) - self.groups.keys() - self.dismissed:
            raise Refused("GROUP_NOT_FOUND")
        going = self.groups.keys() & set(chat_ids)
        self.groups = {chat_id: group for chat_id, group in self.groups.items() if chat_id not in going}
        self.dismissed |= going
        before = len(self.bound)
        self.bound = {pair for pair in self.bound if pair[1] not in going}
        return len(going), before - len(self.bound)

    @property
    def state(self) -> tuple[object, ...]:
        """Everything a write can change."""
        rules = {id: (rule.pool, rule.name) for id, rule in self.rules.items()}
        groups = {id: (group.owner, group.strategies) for id, group in self.groups.items()}
        return rules, groups, set(self.bound)
