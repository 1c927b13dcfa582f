"""Keeping who is exempt."""

from collections.abc import Sequence
from typing import Protocol

from rule_service.domain.exemptions import Exemption
from service_kit.revision import Revision
from service_kit.writes import Write


class Exemptions(Protocol):
    """Keeps the corp's list of exempt customers and its members' lists; an owner_userid names one, "" the corp's."""

    async def add_exemptions(
        self, write: Write, owner_userid: str, exemptions: Sequence[Exemption]
    ) -> tuple[int, Revision]:
        """Puts customers on a list and returns how many are new there; the others stay as they are.

        Raises:
            LimitExceeded: the list would hold more than the corp allows.
        """

    async def remove_exemptions(
        self, write: Write, owner_userid: str, external_userids: Sequence[str]
    ) -> tuple[int, Revision]:
        """Takes customers off a list and returns how many were on it."""

    async def list_exemptions(
        self,
        corp_id: str,
        lists: Sequence[str] | None,
        external_userid: str,
        after: tuple[str, str],
        count: int,
    ) -> list[Exemption]:
        """Returns up to `count` exemptions, by owner_userid and external_userid.

        Args:
            corp_id: whose.
            lists: owner_userids of the lists to look at; None for all there are.
            external_userid: only this customer's; empty for everybody's.
            after: owner_userid and external_userid of one; those behind it only.
            count: how many at most.
        """
