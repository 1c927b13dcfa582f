"""Reading the histories of rules; `rule_service.store.rules` writes them."""

from typing import Protocol

from rule_service.domain.history import RuleRevision
from rule_service.domain.rule import StoredRule


class History(Protocol):
    """Tells how rules changed.

    Of each rule the last `limits.REVISIONS_PER_RULE` changes are kept, of one that was deleted for 30 days from then.
    """

    async def rule_history(
        self, corp_id: str, rule_id: str, below: int | None, count: int
    ) -> list[RuleRevision]:
        """Returns up to `count` changes of a rule, the newest first, those below a revision only.

        Nothing for a rule that is not known.
        """

    async def rule_state(self, corp_id: str, rule_id: str, revision: int) -> StoredRule:
        """Returns what a rule was after one of its changes.

        Raises:
            RuleRevisionNotFound: it has no such change, or it has lost it, or the change deleted it.
        """
