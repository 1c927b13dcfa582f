"""Keeping which rule is bound to which group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rule_service.domain.group import StoredGroup
from rule_service.domain.rule import Rule
from rule_service.store.changes import Operation
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


class Bindings(Protocol):
    """Keeps bindings."""

    async def configure_groups(
        self,
        write: Write,
        operation: Operation,
        rules: Sequence[Rule],
        chat_ids: Sequence[str],
        unbind_chat_ids: Sequence[str] = (),
        most: int | None = None,
    ) -> tuple[list[BindingCount], Revision]:
        """Binds (BIND) every rule to every group, or unbinds them (UNBIND).

        With BIND it unbinds them from other groups in the same write; what counts for the limit is the outcome. The limit
        is `most` instead of GROUPS_PER_RULE where that is given, but never above the corp's own.

        Raises:
            RuleNotFound, GroupNotFound: some are not there, or groups are dismissed.
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

    async def list_rule_groups(self, corp_id: str, rule_id: str, after: int, count: int) -> list[StoredGroup]:
        """Returns up to `count` groups that a rule is bound to, by ordinal, those above `after` only."""

    async def rules_of_group(self, corp_id: str, ordinal: int) -> list[str]:
        """Returns the rule_ids of all rules bound to a group, sorted."""

    async def bound_ordinals(self, corp_id: str, rule_id: str, chunks: Sequence[int]) -> set[int]:
        """Returns the ordinals in some chunks that a rule is bound to."""
