"""Corp settings on Redis or Valkey."""

from dataclasses import fields
from typing import Any

from rule_service.domain.settings import GROUPGUARD_LIMITS, CorpLimits, CorpSettings, StoredSettings
from rule_service.redis_store.records import read_settings, settings_json
from rule_service.redis_store.refusals import details
from rule_service.redis_store.writer import RedisWriter
from service_kit.errors import EtagMismatch
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused
from service_kit.writes import Write


class RedisSettings(RedisWriter):
    """See `rule_service.store.settings.Settings`."""

    async def replace_settings(
        self, write: Write, old: StoredSettings, settings: CorpSettings, now: float
    ) -> tuple[StoredSettings, Revision]:
        body = settings_json(settings, now) if settings != old.settings else b""
        try:
            result, revision = await self._write(
                "replace_settings", write, [], [body, old.revision, *_own_limits(settings.limits)]
            )
        except ScriptRefused as refusal:
            etag = details(refusal, "ETAG_MISMATCH")["etag"]
            raise EtagMismatch("the corp's settings", etag) from None
        return _stored(result), revision

    async def settings_replaced_before(self, write: Write) -> tuple[StoredSettings, Revision] | None:
        answer = await self._answered(write)
        return None if answer is None else (_stored(answer[0]), answer[1])


def _own_limits(own: CorpLimits) -> list[str]:
    """Returns each limit's name and value; empty where groupguard's holds, which may be another one some day."""
    named: list[str] = []
    for field in fields(CorpLimits):
        most, highest = getattr(own, field.name), getattr(GROUPGUARD_LIMITS, field.name)
        named += (field.name, str(most) if most < highest else "")
    return named


def _stored(result: dict[str, Any]) -> StoredSettings:
    return read_settings(result["record"].encode() if "record" in result else None)
