"""Changing a corp's settings: read, change, write if nobody was faster."""

from collections.abc import Callable

from rule_service.domain.settings import CorpSettings, StoredSettings
from rule_service.store import RuleStore
from service_kit.errors import EtagMismatch
from service_kit.revision import Revision
from service_kit.writes import Write

_ATTEMPTS = 20
"""Tries of an update that tests no etag; each loses only to another change of the same corp's settings."""


async def update_settings(
    store: RuleStore, write: Write, etag: str, change: Callable[[StoredSettings], CorpSettings], now: float
) -> tuple[StoredSettings, Revision]:
    """Changes a corp's settings.

    Args:
        store: where they are.
        write: what makes the write safe to repeat.
        etag: the state they must be in; empty for any.
        change: makes the new settings from the old ones.
        now: seconds since 1970.

    Raises:
        EtagMismatch: they are in another state.
        InvalidFields: they would not be valid.
    """
    if (repeated := await store.settings_replaced_before(write)) is not None:
        return repeated
    for attempt in range(1, _ATTEMPTS + 1):
        old = await store.get_settings(write.corp_id)
        if etag and etag != old.etag:
            raise EtagMismatch("the corp's settings", old.etag)
        try:
            return await store.replace_settings(write, old, change(old), now)
        except EtagMismatch:
            if etag or attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")
