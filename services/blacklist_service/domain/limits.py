"""The numbers that blacklists keep to. Those marked * are WeCom's own, the others groupguard's choice."""

from dataclasses import dataclass

from blacklist_service.domain.entry import ListKind

CUSTOMERS_PER_CALL = 1_000
"""Customers or look-ups in one call, or one part of an import."""
REASON_CHARACTERS = 200
MOST_SECONDS_LISTED = 100 * 366 * 86_400
"""Longest time until an entry expires, if it does."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many customers a list can hold."""

    enterprise: int = 2_000_000
    """* On the one list of a corp."""
    personal: int = 50_000
    """* On the list of each member."""

    def of(self, kind: ListKind) -> int:
        """Returns the limit of a list of this kind."""
        return self.enterprise if kind is ListKind.ENTERPRISE else self.personal


WECOM_LIMITS = Limits()
