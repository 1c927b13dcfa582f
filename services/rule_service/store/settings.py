"""Keeping what a corp has decided."""

from typing import Protocol

from rule_service.domain.settings import CorpSettings, StoredSettings
from service_kit.revision import Revision
from service_kit.writes import Write


class Settings(Protocol):
    """Keeps the settings of corps."""

    async def get_settings(self, corp_id: str) -> StoredSettings:
        """Returns a corp's settings; the default ones if it never decided."""

    async def replace_settings(
        self, write: Write, old: StoredSettings, settings: CorpSettings, now: float
    ) -> tuple[StoredSettings, Revision]:
        """Puts settings in the place of the old ones; their limits hold for every later write.

        Raises:
            EtagMismatch: the settings are not the old ones any more.
        """

    async def settings_replaced_before(self, write: Write) -> tuple[StoredSettings, Revision] | None:
        """Returns what `replace_settings` returned for the same write before; None if there was none.

        Raises:
            RequestIdReused: the request_id was used for something else.
        """
