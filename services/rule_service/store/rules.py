"""Keeping rules."""

from collections.abc import Sequence
from typing import Protocol

from rule_service.domain.rule import Owner, Rule, StoredRule
from service_kit.revision import Revision
from service_kit.writes import Write


class Rules(Protocol):
    """Keeps rules."""

    async def create_rules(self, write: Write, rules: Sequence[Rule]) -> tuple[list[StoredRule], Revision]:
        """Adds one or more rules of one owner; returns them in the same order.

        Raises:
            LimitExceeded: their owner would have more rules than allowed; none is added.
        """

    async def get_rules(self, corp_id: str, rule_ids: Sequence[str]) -> list[StoredRule]:
        """Returns rules, in the order asked.

        Raises:
            RuleNotFound: some are not there; names them all.
        """

    async def find_rules(self, corp_id: str, rule_ids: Sequence[str]) -> list[StoredRule]:
        """Returns those of some rules that are there, in the order asked."""

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
