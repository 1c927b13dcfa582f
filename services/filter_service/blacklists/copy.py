"""One corp's filter in memory."""

from collections.abc import Sequence

from filter_service.blacklists.lists import Lookup
from filter_service.blacklists.source import FilterMissing, Loaded, Tail
from service_kit.bloom import Record, chain_after, digest
from service_kit.revision import Revision

_ITSELF = 800
"""Bytes that a copy and its following take besides the filter's bits: most corps list nobody, and share bits of zeros."""
_REMEMBERED = 100
"""Revisions that a copy knows to be behind it."""


class FilterCopy:
    """A filter that is kept up with the corp's lists.

    It may hold customers who are on no list any more, or never were; it never lacks one who was listed at its revision or before.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.version = loaded.version
        self.revision = loaded.revision
        self.last_removal = loaded.revision.number
        """Number of the newest revision that took entries off, as far as it is known."""
        self.confirmed_at = float("-inf")
        """When nothing more had been written than what it holds."""
        self.lineage = object()
        """Stands for this copy where the copy itself shall not be held."""
        self.followed = 0
        """Records that were taken over since it was loaded: how long the tail behind it is."""
        self._bits = loaded.bits
        self._behind = {loaded.revision.number: loaded.revision.chain}

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return _ITSELF + self._bits.size

    def follow(self, tail: Tail) -> bool:
        """Takes over what was written; returns whether that is all there is.

        Raises:
            FilterMissing: something is missing between what it holds and the tail, or is of another history.
        """
        self._check(tail.records)
        if tail.records:
            self._bits.add(b"".join(record.digests for record in tail.records))
            self.revision = tail.records[-1].revision
            self.followed += len(tail.records)
            for record in tail.records[-_REMEMBERED:]:
                self._remember(record.revision)
            removals = [record.revision.number for record in tail.records if record.removed]
            self.last_removal = max([self.last_removal, *removals])
        elif tail.revision != self.revision:
            raise FilterMissing("its tail has a gap, or the lists have lost writes")
        return self.revision == tail.revision

    def _check(self, records: Sequence[Record]) -> None:
        last = self.revision
        for record in records:
            expected = chain_after(last.chain, record.revision.number, record.removed, record.digests)
            if record.revision.number != last.number + 1 or record.revision.chain != expected:
                raise FilterMissing("its tail has a gap, or is of another history")
            last = record.revision

    def _remember(self, revision: Revision) -> None:
        self._behind[revision.number] = revision.chain
        if len(self._behind) > _REMEMBERED:
            del self._behind[next(iter(self._behind))]

    def includes(self, revision: Revision) -> bool:
        """Tells whether it is known to hold what was written up to a revision.

        A lower number alone says nothing: the lists may have lost writes, of which the copy has not heard yet.
        """
        return self._behind.get(revision.number) == revision.chain

    def may_list(self, lookup: Lookup) -> bool:
        """Tells whether a customer may be on one of the two lists; if not, they are on neither."""
        customer, owner = lookup
        return digest("", customer) in self._bits or (bool(owner) and digest(owner, customer) in self._bits)
