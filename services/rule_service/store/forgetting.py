"""Finding what names a customer, and erasing it where no other write does."""

from collections.abc import AsyncIterator
from typing import Protocol


class Forgetting(Protocol):
    """What forgetting a customer asks for besides taking it off lists and changing rules."""

    def rules_naming(self, corp_id: str, external_userid: str) -> AsyncIterator[str]:
        """Yields the rule_ids of rules that name a customer as a sender, in order."""

    def forget_in_histories(self, corp_id: str, external_userid: str, *, erase: bool) -> AsyncIterator[int]:
        """Takes a customer out of what rules were, also deleted ones; yields in how many states it was, history by history.

        With `erase` unset it only looks.
        """

    async def changes_naming(self, corp_id: str, external_userid: str) -> tuple[int, int]:
        """Returns how many entries of the change log name a customer, and the last one's revision; 0 if none does."""

    async def cut_changes(self, corp_id: str, revision: int) -> None:
        """Erases the change log up to a revision: followers that are behind it start anew."""
