"""What BlacklistService asks of a store, and what a store promises.

Promises of every write:
- It happens as a whole or not at all, also beside other writers, and limits hold then.
- The count it tells is the number of customers on the list at that moment; those whose entries expired may still be among them.
- It moves the corp's blacklist revision on, which it returns, and tells followers of the filter, unless it changes nothing.
- Repeated with the same `Write.request_id` and fingerprint within an hour, it returns the first answer and
  changes nothing; with another fingerprint it raises RequestIdReused.
- When it returns, the store has it on disk, as far as the store was told to, and on as many replicas as were asked for.

An entry that has expired is not listed; its place is free as soon as somebody needs it.

Every method raises StoreUnavailable when the store does not answer.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from blacklist_service.domain.entry import Addition, Blacklist, Entry, ImportPart, Query, Removal, Source
from service_kit.bloom import Header
from service_kit.revision import NO_RULES, Revision
from service_kit.writes import Write

Place = tuple[int, str]
"""A place in a list: the number of a bucket, and the customer in it behind whom to go on."""
FIRST_PLACE: Place = (0, "")


@dataclass(frozen=True, slots=True)
class Changed:
    """Where a write left the corp's lists; not part of what makes two answers the same."""

    revision: Revision = field(default=NO_RULES, compare=False, kw_only=True)
    filter_due: bool = field(default=False, compare=False, kw_only=True)
    """The published filter is far behind, or full: it should be published anew."""


@dataclass(frozen=True, slots=True)
class Added(Changed):
    """What an addition did."""

    is_new: tuple[bool, ...]
    """For each customer, in the order asked: whether it was not on the list before."""
    count: int
    """Customers on the list now."""
    limit: int
    """Customers the list can hold."""


@dataclass(frozen=True, slots=True)
class Removed(Changed):
    """What a removal did."""

    was_listed: tuple[bool, ...]
    """For each customer, in the order asked: whether it was on the list before."""
    count: int
    """Customers on the list now."""


@dataclass(frozen=True, slots=True)
class RemovedSome(Changed):
    """What one step of a removal by source did."""

    blacklist: Blacklist
    removed: int
    """Entries that the step took off the list."""
    done: int
    """Entries on lists that the removal has looked through, as they were counted when it began."""
    total: int
    """Entries on all lists that it looks through."""


@dataclass(frozen=True, slots=True)
class Account(Changed):
    """How far an import is."""

    begun: int
    """Place of the first item that had not been taken before this part."""
    next: int
    """Place of the first item that was not taken yet."""
    added: int
    already_listed: int
    refused: int
    """Items that were taken, by what came of them; together they are `next`."""
    count: int
    """Customers on the list now."""
    limit: int
    full: bool
    """The item at `next` finds no room on the list."""


@dataclass(frozen=True, slots=True)
class ListState:
    """One list, and the corp's filter."""

    count: int
    limit: int
    revision: Revision
    header: Header | None
    """Of the published filter; None if there is none, or none that can be read."""
    tail_records: int
    """Writes since the filter was made."""
    added: int
    removed: int
    """Entries added and removed since then."""


class BlacklistStore(Protocol):
    """Keeps the blacklists of all corps."""

    async def add(self, write: Write, addition: Addition) -> Added:
        """Puts customers on a list; the entries of those who are on it already stay as they are.

        Raises:
            LimitExceeded: the list would hold more customers than it can; none was added.
        """

    async def remove(self, write: Write, removal: Removal) -> Removed:
        """Takes customers off a list."""

    async def find(
        self, corp_id: str, queries: Sequence[Query], at_least: Revision | None = None
    ) -> list[tuple[Entry, ...]]:
        """Returns each query's entries, in the order asked: the enterprise list's before the personal list's.

        All of them as of one moment.

        Raises:
            RevisionUnknown: the corp's lists have not reached the revision.
        """

    async def take(self, corp_id: str, part: ImportPart) -> Account:
        """Takes the items of a part that the import has not taken yet, as far as the list has room.

        Raises:
            InvalidFields: the import is of another list, or not as far as the part begins.
        """

    async def page(self, corp_id: str, blacklist: Blacklist, after: Place, size: int) -> list[Entry]:
        """Returns the next entries of a list, bucket by bucket; fewer than asked are the last."""

    def export(self, corp_id: str, blacklist: Blacklist) -> AsyncIterator[list[Entry]]:
        """Yields all entries of a list, some hundreds at once."""

    async def lists(self, corp_id: str) -> dict[Blacklist, int]:
        """Returns the lists that have entries, the enterprise list first, and how many."""

    def remove_by_source(
        self, corp_id: str, source: Source, blacklist: Blacklist | None
    ) -> AsyncIterator[RemovedSome]:
        """Takes off what a source put on a list, or on any list, step by step; forgets the import if it is one."""

    async def lists_with(self, corp_id: str, external_userid: str) -> list[Blacklist]:
        """Returns the lists that have an entry of a customer, expired or not, the enterprise list first."""

    async def revision(self, corp_id: str) -> Revision:
        """Returns where the corp's lists are; NO_RULES for an unknown corp."""

    async def state(self, corp_id: str, blacklist: Blacklist) -> ListState:
        """Returns the state of a list, without entries that have expired, and of the filter."""
