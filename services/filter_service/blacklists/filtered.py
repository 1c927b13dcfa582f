"""Look-ups that ask BlacklistService only about customers who may be listed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from filter_service.blacklists.answers import Answers
from filter_service.blacklists.copies import Copies
from filter_service.blacklists.copy import FilterCopy
from filter_service.blacklists.exact import GrpcBlacklists
from filter_service.blacklists.lists import Lookup
from filter_service.domain.rule import Blacklist
from service_kit.revision import Revision

_NOWHERE = (Blacklist.NONE, float("inf"))


class FilteredBlacklists:
    """See `Blacklists`.

    A corp's filter tells of nearly all unlisted customers that they are on no list. Everybody else, and everybody while there is no
    filter to be trusted, BlacklistService is asked about: the filter alone never decides that somebody is listed.
    """

    def __init__(self, exact: GrpcBlacklists, copies: Copies, clock: Callable[[], float] = time.time) -> None:
        """Looks up; `clock` gives seconds since 1970."""
        self._exact = exact
        self._copies = copies
        self._clock = clock
        self._answers = Answers()
        self.lookups = dict.fromkeys(("unlisted", "cached", "asked", "unfiltered"), 0)
        """Look-ups by what answered: the filter, an answer that was kept, BlacklistService, or the last for want of a
        filter that can be trusted."""
        self.mistaken = 0
        """Customers of whom the filter said that they may be listed, and BlacklistService that they are not."""

    async def look_up(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> Mapping[Lookup, Blacklist]:
        copy = self._copies.usable(corp_id, at_least)
        asked = list(dict.fromkeys(lookups))
        if copy is None:
            self.lookups["unfiltered"] += len(asked)
            return await self._exact.look_up(corp_id, asked, at_least)
        suspects = [lookup for lookup in asked if copy.may_list(lookup)]
        self.lookups["unlisted"] += len(asked) - len(suspects)
        if not suspects:
            return {}
        return await self._look_up(corp_id, suspects, at_least, copy)

    async def _look_up(
        self, corp_id: str, suspects: Sequence[Lookup], at_least: Revision | None, copy: FilterCopy
    ) -> Mapping[Lookup, Blacklist]:
        """Looks up customers who may be listed, for all that the filter knows."""
        listed: dict[Lookup, Blacklist] = {}
        unknown, now = [], self._clock()
        for lookup in suspects:
            answer = self._answers.get(corp_id, lookup, copy, now)
            if answer is None:
                unknown.append(lookup)
            elif answer is not Blacklist.NONE:
                listed[lookup] = answer
        self.lookups["cached"] += len(suspects) - len(unknown)
        if unknown:
            self.lookups["asked"] += len(unknown)
            asked_at = copy.revision.number
            found = await self._exact.find(corp_id, unknown, at_least)
            self.mistaken += sum(1 for lookup in unknown if lookup not in found)
            for lookup in unknown:
                blacklist, until = found.get(lookup, _NOWHERE)
                self._answers.keep(corp_id, lookup, blacklist, copy, asked_at, now, until)
                if blacklist is not Blacklist.NONE:
                    listed[lookup] = blacklist
        return listed

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> Revision:
        revision = await self._exact.add(corp_id, blacklist, owner_userid, external_userid, rule_id, cause)
        self._copies.written(corp_id, revision)
        return revision
