"""What BlacklistService asks of a store, and what a store promises.

Promises of every write:
- It happens as a whole or not at all, also beside other writers, and limits hold then.
- The count it tells is the number of customers on the list at that moment.
- Repeated with the same `Write.request_id` and fingerprint within an hour, it returns the first answer and
  changes nothing; with another fingerprint it raises RequestIdReused.
- When it returns, the store has it on disk, as far as the store was told to.

Every method raises StoreUnavailable when the store does not answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from blacklist_service.domain.entry import Addition, Entry, Query, Removal
from service_kit.writes import Write


@dataclass(frozen=True, slots=True)
class Added:
    """What an addition did."""

    is_new: tuple[bool, ...]
    """For each customer, in the order asked: whether it was not on the list before."""
    count: int
    """Customers on the list now."""
    limit: int
    """Customers the list can hold."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal did."""

    was_listed: tuple[bool, ...]
    """For each customer, in the order asked: whether it was on the list before."""
    count: int
    """Customers on the list now."""


class BlacklistStore(Protocol):
    """Keeps the blacklists of all corps."""

    async def add(self, write: Write, addition: Addition) -> Added:
        """Puts customers on a list; the entries of those who are on it already stay as they are.

        Raises:
            LimitExceeded: the list would hold more customers than it can; none was added.
        """

    async def remove(self, write: Write, removal: Removal) -> Removed:
        """Takes customers off a list."""

    async def find(self, corp_id: str, queries: Sequence[Query]) -> list[tuple[Entry, ...]]:
        """Returns each query's entries, in the order asked: the enterprise list's before the personal list's.

        All of them as of one moment.
        """
