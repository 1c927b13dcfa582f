"""What RuleService must do, sequentially and in plain Python: the oracle of the test with two replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

Pool = tuple[str, str]
"""Kind and id of an owner."""
RuleAnswer = tuple[str, int, int]
"""What a write answers of a rule: its name, its revision, its number of groups."""
SettingsAnswer = tuple[bool, Mapping[str, int], int]
"""What a write answers of settings: whether exemptions are shared, the corp's own limits, their revision."""


class Refused(Exception):
    """A call that must fail, for any of some reasons: ErrorReasons without their prefix."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = frozenset(reasons)


@dataclass(frozen=True)
class Limits:
    """Those of groupguard, named as in CorpLimits; and what is kept of histories."""

    rules_per_owner: int
    groups_per_rule: int
    exempt_customers_per_owner: int
    revisions_per_rule: int


@dataclass(frozen=True)
class ModelGroup:
    """A group of the registry."""

    owner: str
    strategies: frozenset[str]

    def may_be_bound_by(self, pool: Pool) -> bool:
        """Whether rules of this owner may be bound to the group."""
        kind, id = pool
        return kind == "super_admin" or (id in self.strategies if kind == "strategy" else id == self.owner)


@dataclass(frozen=True)
class ModelRule:
    """A rule: only its name ever changes."""

    pool: Pool
    name: str
    revision: int


@dataclass(frozen=True)
class ModelChange:
    """A change of a rule."""

    revision: int
    kind: str
    """created, updated, deleted or restored."""
    reason: str
    before: tuple[str, int] | None
    """Name and revision of the rule before it; None if there was none."""
    after: tuple[str, int] | None
    """Likewise, after it."""


@dataclass(frozen=True)
class ModelSettings:
    """A corp's settings."""

    share_exemptions: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    """Own ones, by their names in CorpLimits."""
    revision: int = 0


@dataclass
class Model:
    """All of a corp, at one revision. What its fields hold never changes: a copy shares it."""

    most: Limits
    revision: int = 0
    rules: dict[str, ModelRule] = field(default_factory=dict)
    groups: dict[str, ModelGroup] = field(default_factory=dict)
    """Those that live."""
    ordinals: dict[str, int] = field(default_factory=dict)
    """Of every group there ever was."""
    bound: set[tuple[str, str]] = field(default_factory=set)
    """(rule_id, chat_id)."""
    exempt: dict[str, frozenset[str]] = field(default_factory=dict)
    """Lists that hold anybody, by owner_userid, empty for the corp's."""
    settings: ModelSettings = field(default_factory=ModelSettings)
    histories: dict[str, tuple[ModelChange, ...]] = field(default_factory=dict)
    """Of every rule there ever was, from its first change on."""
    pools: dict[str, Pool] = field(default_factory=dict)
    """Likewise."""
    lately: frozenset[str] = field(default=frozenset(), compare=False)
    """Groups that calls at hand dismiss: others that began before may unbind them still, which takes nothing."""

    def copy(self) -> Model:
        """Returns a model that can go another way."""
        return replace(
            self,
            rules=dict(self.rules),
            groups=dict(self.groups),
            ordinals=dict(self.ordinals),
            bound=set(self.bound),
            exempt=dict(self.exempt),
            histories=dict(self.histories),
            pools=dict(self.pools),
        )

    @property
    def state(self) -> tuple[object, ...]:
        """Everything a write can change."""
        rules = {id: (rule.pool, rule.name) for id, rule in self.rules.items()}
        settings = self.settings.share_exemptions, self.settings.limits
        return rules, self.groups, self.bound, self.exempt, settings

    def groups_of(self, rule_id: str) -> set[str]:
        """Returns the chat_ids that a rule is bound to."""
        return {chat_id for bound, chat_id in self.bound if bound == rule_id}

    def kept_history(self, rule_id: str) -> list[ModelChange]:
        """Returns what ListRuleRevisions tells, the newest first."""
        changes = list(self.histories[rule_id])
        kept = changes[-self.most.revisions_per_rule :]
        if len(kept) < len(changes):
            kept[0] = replace(kept[0], before=None)
        return kept[::-1]

    def _limit(self, name: str) -> int:
        groupguards: int = getattr(self.most, name)
        return min(groupguards, self.settings.limits.get(name, groupguards))

    def create(self, rule_id: str, pool: Pool, name: str, reason: str) -> RuleAnswer:
        """CreateRule."""
        if self._is_full(pool):
            raise Refused("LIMIT_EXCEEDED")
        self.pools[rule_id] = pool
        return self._write(rule_id, "created", name, reason)

    def update(self, rule_id: str, name: str, etag: str, reason: str) -> RuleAnswer:
        """UpdateRule of the name."""
        self._require(rule_id, etag)
        return self._write(rule_id, "updated", name, reason)

    def delete(self, rule_id: str, etag: str, reason: str) -> None:
        """DeleteRule."""
        self._require(rule_id, etag)
        self._note(rule_id, "deleted", None, reason)
        del self.rules[rule_id]
        self.bound = {pair for pair in self.bound if pair[0] != rule_id}

    def restore(self, rule_id: str, revision: int, etag: str, reason: str) -> RuleAnswer:
        """RestoreRule."""
        rule, reasons = self.rules.get(rule_id), set()
        if etag and (rule is None or str(rule.revision) != etag):
            reasons.add("ETAG_MISMATCH")
        kept = {change.revision: change.after for change in self.kept_history(rule_id)}
        was = kept.get(revision)
        if was is None:
            reasons.add("RULE_REVISION_NOT_FOUND")
        if rule is None and self._is_full(self.pools[rule_id]):
            reasons.add("LIMIT_EXCEEDED")
        if was is None or reasons:
            raise Refused(*reasons)
        return self._write(rule_id, "restored", was[0], reason)

    def _is_full(self, pool: Pool) -> bool:
        return sum(rule.pool == pool for rule in self.rules.values()) >= self._limit("rules_per_owner")

    def _require(self, rule_id: str, etag: str) -> None:
        if rule_id not in self.rules:
            raise Refused("RULE_NOT_FOUND")
        if etag and str(self.rules[rule_id].revision) != etag:
            raise Refused("ETAG_MISMATCH")

    def _write(self, rule_id: str, kind: str, name: str, reason: str) -> RuleAnswer:
        if rule_id not in self.rules or self.rules[rule_id].name != name:
            self._note(rule_id, kind, name, reason)
            self.rules[rule_id] = ModelRule(self.pools[rule_id], name, self.revision + 1)
        return name, self.rules[rule_id].revision, len(self.groups_of(rule_id))

    def _note(self, rule_id: str, kind: str, name: str | None, reason: str) -> None:
        before, after = self.rules.get(rule_id), self.revision + 1
        change = ModelChange(
            after,
            kind,
            reason,
            (before.name, before.revision) if before else None,
            (name, after) if name else None,
        )
        self.histories[rule_id] = (*self.histories.get(rule_id, ()), change)

    def configure(
        self, rule_ids: Sequence[str], bind: Sequence[str], unbind: Sequence[str]
    ) -> list[tuple[int, int]]:
        """ConfigureGroups; returns each rule's number of groups before and after."""
        reasons = self._reasons(rule_ids, [*bind, *(set(unbind) - self.lately)], bind)
        counts = []
        for rule_id in rule_ids:
            before = self.groups_of(rule_id)
            after = (before | set(bind)) - set(unbind)
            if len(after) > max(self._limit("groups_per_rule"), len(before)):
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
        if any(len(self.groups_of(rule_id)) >= self._limit("groups_per_rule") for rule_id in bind):
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

    def upsert(self, groups: Mapping[str, ModelGroup]) -> tuple[int, int]:
        """UpsertGroups; returns how many groups are new and how many bindings went."""
        known = len(self.ordinals)
        for chat_id in groups:
            self.ordinals.setdefault(chat_id, len(self.ordinals))
        self.groups |= groups
        return len(self.ordinals) - known, self._release()

    def dismiss(self, chat_ids: Sequence[str]) -> tuple[int, int]:
        """DismissGroups; returns how many, and how many bindings went."""
        if set(chat_ids) - self.ordinals.keys():
            raise Refused("GROUP_NOT_FOUND")
        going = [chat_id for chat_id in chat_ids if self.groups.pop(chat_id, None)]
        self.lately |= set(going)
        return len(going), self._release()

    def _release(self) -> int:
        """Drops the bindings that may not stay; returns how many."""
        before = len(self.bound)
        self.bound = {
            (rule_id, chat_id)
            for rule_id, chat_id in self.bound
            if chat_id in self.groups and self.groups[chat_id].may_be_bound_by(self.pools[rule_id])
        }
        return before - len(self.bound)

    def add_exempt(self, owner_userid: str, customers: Sequence[str]) -> int:
        """AddExemptCustomers; returns how many were not on the list."""
        before = self.exempt.get(owner_userid, frozenset())
        after = before | set(customers)
        if len(after) > max(self._limit("exempt_customers_per_owner"), len(before)):
            raise Refused("LIMIT_EXCEEDED")
        self.exempt[owner_userid] = after
        return len(after - before)

    def remove_exempt(self, owner_userid: str, customers: Sequence[str]) -> int:
        """RemoveExemptCustomers; returns how many were on the list."""
        before = self.exempt.pop(owner_userid, frozenset())
        if after := before - set(customers):
            self.exempt[owner_userid] = after
        return len(before - after)

    def update_settings(
        self, share_exemptions: bool | None, limits: Mapping[str, int], etag: str
    ) -> SettingsAnswer:
        """UpdateCorpSettings; None leaves what is, and so does a limit that is not named; 0 gives one up."""
        old = self.settings
        if etag and etag != str(old.revision):
            raise Refused("ETAG_MISMATCH")
        shared = old.share_exemptions if share_exemptions is None else share_exemptions
        own = {name: most for name, most in {**old.limits, **limits}.items() if most}
        if (shared, own) != (old.share_exemptions, old.limits):
            self.settings = ModelSettings(shared, own, self.revision + 1)
        return shared, own, self.settings.revision
