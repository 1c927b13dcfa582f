"""What followers ask: what changed, and when."""

import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service.fetch import fetch
from rule_service.servicers.base import Servicer, require_corp
from rule_service.store import RuleStore
from rule_service.watch import Watch
from service_kit.errors import invalid
from service_kit.revision import Revision

if TYPE_CHECKING:
    from rule_service.servicers.base import Context

WATCHING = "groupguard-watching"
"""In the initial metadata of WatchRevisions: from here on the caller hears of every change."""


class FollowingMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    def __init__(self, store: RuleStore, watch: Watch, clock: Callable[[], float] = time.time) -> None:
        """Serves from a store and a watch; `clock` gives seconds since 1970."""
        super().__init__(store, clock)
        self._watch = watch

    async def WatchRevisions(
        self, request: pb.WatchRevisionsRequest, context: "Context"
    ) -> AsyncIterator[pb.WatchRevisionsResponse]:
        with self._watch.watcher() as watcher:
            await context.send_initial_metadata(((WATCHING, "yes"),))
            async for corp_id, revision in watcher:
                yield pb.WatchRevisionsResponse(corp_id=corp_id, rules_revision=str(revision))

    async def FetchRules(
        self, request: pb.FetchRulesRequest, context: "Context"
    ) -> AsyncIterator[pb.FetchRulesResponse]:
        require_corp(request)
        try:
            since = Revision.parse(request.since) if request.since else None
        except ValueError as error:
            raise invalid("since", str(error)) from None
        async for chunk in fetch(self._store, request.corp_id, since):
            yield chunk
