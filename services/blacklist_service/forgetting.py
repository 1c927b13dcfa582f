"""Erasing a customer from all lists of a corp."""

from dataclasses import dataclass

from blacklist_service.domain.entry import Blacklist, Removal
from blacklist_service.store import BlacklistStore
from service_kit.revision import Revision
from service_kit.writes import own_write


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What there was of a customer."""

    lists: list[Blacklist]
    """Those that the customer was on."""
    revision: Revision
    """Where the corp's lists are now."""


async def forget_customer(
    store: BlacklistStore, corp_id: str, external_userid: str, *, erase: bool
) -> Forgotten:
    """Erases a customer, or only tells what there is.

    Raises:
        StoreUnavailable: the store does not answer; what was erased is, and the next call does the rest.
    """
    found = await store.lists_with(corp_id, external_userid)
    if erase:
        for blacklist in found:
            await store.remove(own_write(corp_id), Removal(blacklist, (external_userid,)))
    return Forgotten(found, await store.revision(corp_id))
