"""A corp's settings."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import settings_pb2 as pb
from rule_service.convert.settings import changed, write_settings
from rule_service.corp_settings import update_settings
from rule_service.servicers.base import Servicer, begin, require_corp

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class SettingsMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def GetCorpSettings(
        self, request: pb.GetCorpSettingsRequest, context: "Context"
    ) -> pb.CorpSettings:
        require_corp(request)
        return write_settings(await self._store.get_settings(request.corp_id))

    async def UpdateCorpSettings(
        self, request: pb.UpdateCorpSettingsRequest, context: "Context"
    ) -> pb.UpdateCorpSettingsResponse:
        stored, revision = await update_settings(
            self._store,
            begin(request),
            request.settings.etag,
            lambda old: changed(old, request.settings, request.update_mask),
            self._clock(),
        )
        return pb.UpdateCorpSettingsResponse(settings=write_settings(stored), rules_revision=str(revision))
