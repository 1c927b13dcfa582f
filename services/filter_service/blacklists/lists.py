"""What judging asks of the blacklists."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from filter_service.domain.rule import Blacklist
from service_kit.revision import Revision

Lookup = tuple[str, str]
"""external_userid, and the owner_userid whose personal list counts (empty for none)."""


class BlacklistsUnavailable(Exception):
    """BlacklistService did not answer."""


class ListFull(Exception):
    """The list can't take another customer."""


class Blacklists(Protocol):
    """Tells who is listed, and lists."""

    async def look_up(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> Mapping[Lookup, Blacklist]:
        """Returns the widest list for everybody who is on one, as of a revision or later.

        Raises:
            BlacklistsUnavailable: no answer.
            RevisionUnknown: the corp's blacklists have not reached the revision.
        """

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> Revision:
        """Puts a customer on a list because of a rule; the same `cause` within an hour does so once.

        Returns the blacklist revision that includes it.

        Raises:
            BlacklistsUnavailable: no answer.
            ListFull: the list is at its limit.
        """
