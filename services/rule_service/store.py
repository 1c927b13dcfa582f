"""What RuleService asks of a store, and what a store promises.

Promises of every write:
- It happens as a whole or not at all, also beside other writers, and limits hold then.
- It moves the corp's revision on by one and logs what changed; a write that changes nothing does neither.
- Repeated with the same `Write.request_id` and fingerprint within an hour, it returns the first answer and changes
  nothing; with another fingerprint it raises RequestIdReused.
- When it returns, the store has it on disk, as far as the store was told to.

Every method raises StoreUnavailable when the store does not answer.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Owner, Rule, StoredRule
from service_kit.revision import Revision
from service_kit.writes import Write


@dataclass(frozen=True, slots=True)
class BindingCount:
    """Groups a rule was and is bound to."""

    rule_id: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class GroupRulesSet:
    """What the setting of a group's rules did."""

    bound: tuple[str, ...]
    """rule_ids."""
    unbound: tuple[str, ...]
    revision: Revision


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert of groups did."""

    groups: tuple[StoredGroup, ...]
    created: int
    """How many of them are new."""
    released: int
    """How many bindings went."""
    revision: Revision


class Operation(Enum):
    """What a binding change does."""

    SET = "set"
    BIND = "bind"
    UNBIND = "unbind"


@dataclass(frozen=True, slots=True)
class BindingChange:
    """A change of some rules' bindings in one chunk; see `rule_service.domain.bindings`."""

    operation: Operation
    rule_ids: tuple[str, ...]
    chunk: int
    bitmap: bytes


@dataclass(frozen=True, slots=True)
class DeletedRule:
    """A rule that is gone, with its bindings."""

    rule_id: str


Change = StoredRule | DeletedRule | StoredGroup | BindingChange


class RuleStore(Protocol):
    """Keeps rules, groups and bindings of all corps."""

    async def create_rule(self, write: Write, rule: Rule) -> tuple[StoredRule, Revision]:
        """Adds a rule.

        Raises:
            LimitExceeded: its owner has as many rules as allowed.
        """

    async def get_rules(self, corp_id: str, rule_ids: Sequence[str]) -> list[StoredRule]:
        """Returns rules, in the order asked.

        Raises:
            RuleNotFound: some are not there; names them all.
        """

    async def list_rules(self, corp_id: str, owner: Owner | None, after: str, count: int) -> list[StoredRule]:
        """Returns up to `count` rules by rule_id, those behind `after` only, of one owner or of all."""

    async def replace_rule(
        self, write: Write, rule: Rule, expected_revision: int
    ) -> tuple[StoredRule, Revision]:
        """Puts a rule in the place of the one with its rule_id.

        Raises:
            RuleNotFound: there is none.
            EtagMismatch: it is not at the expected revision.
        """

    async def updated_before(self, write: Write) -> tuple[StoredRule, Revision] | None:
        """Returns what `replace_rule` returned for the same write before; None if there was none.

        Raises:
            RequestIdReused: the request_id was used for something else.
        """

    async def deleted_before(self, write: Write) -> Revision | None:
        """Returns what `delete_rule` returned for the same write before; likewise."""

    async def delete_rule(self, write: Write, stored: StoredRule) -> Revision:
        """Removes a rule and its bindings.

        Raises:
            RuleNotFound: there is none.
            EtagMismatch: it is not at the revision of `stored`.
        """

    async def configure_groups(
        self, write: Write, operation: Operation, rules: Sequence[Rule], chat_ids: Sequence[str]
    ) -> tuple[list[BindingCount], Revision]:
        """Binds (BIND) every rule to every group, or unbinds them (UNBIND).

        Raises:
            RuleNotFound, GroupNotFound: some are not there.
            BindingNotAllowed: a rule's owner may not bind one of the groups.
            LimitExceeded: rules would be in more groups than allowed; names every such rule.
        """

    async def configured_before(
        self, write: Write, rule_ids: Sequence[str]
    ) -> tuple[list[BindingCount], Revision] | None:
        """Returns what `configure_groups` returned for the same write before; likewise."""

    async def set_group_rules(
        self, write: Write, at: Revision, group: StoredGroup, bind: Sequence[str], unbind: Sequence[str]
    ) -> GroupRulesSet | None:
        """Binds rules to a group and unbinds others from it, if the corp is still at a revision.

        None if it is not: plan anew.

        Raises:
            LimitExceeded: rules would be in more groups than allowed; names every such rule.
        """

    async def set_before(self, write: Write) -> GroupRulesSet | None:
        """Returns what `set_group_rules` returned for the same write before; None if there was none."""

    async def get_groups(self, corp_id: str, chat_ids: Sequence[str]) -> list[StoredGroup]:
        """Returns groups, in the order asked.

        Raises:
            GroupNotFound: some are not there; names them all.
        """

    async def list_rule_groups(self, corp_id: str, rule_id: str, after: int, count: int) -> list[StoredGroup]:
        """Returns up to `count` groups that a rule is bound to, by ordinal, those above `after` only."""

    async def rules_of_group(self, corp_id: str, ordinal: int) -> list[str]:
        """Returns the rule_ids of all rules bound to a group, sorted."""

    async def bound_ordinals(self, corp_id: str, rule_id: str, chunks: Sequence[int]) -> set[int]:
        """Returns the ordinals in some chunks that a rule is bound to."""

    async def upsert_groups(self, write: Write, groups: Sequence[Group]) -> Upserted:
        """Adds or replaces groups.

        Bindings of rules whose owner may bind a group no longer go with the write.
        """

    async def revision(self, corp_id: str) -> Revision:
        """Returns where the corp's rules are; NO_RULES for an unknown corp."""

    async def changes_since(self, corp_id: str, since: Revision) -> tuple[list[Change], Revision] | None:
        """Returns what changed behind a revision, in order, and the revision reached.

        None if the log does not reach back that far, or does not know the revision's chain.
        """

    def read_everything(self, corp_id: str) -> AsyncIterator[list[Change]]:
        """Yields all groups, rules and bindings, as changes from nothing, some at a time.

        What is written meanwhile may or may not be in it: apply the changes since the revision it began at.
        """

    def notices(self) -> AsyncIterator[tuple[str, Revision]]:
        """Yields (corp_id, revision) when a corp's rules change, through whatever replica; some may be lost."""
