"""Exempt customers on Redis or Valkey."""

from collections.abc import Sequence

import msgspec

from rule_service.domain import limits
from rule_service.domain.exemptions import Exemption, list_owner
from rule_service.redis_store.exempt_lists import Place, groups_of_lists, places
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.refusals import details
from rule_service.redis_store.writer import RedisWriter
from service_kit.errors import LimitExceeded, PassedLimit
from service_kit.revision import Revision
from service_kit.store_errors import ScriptRefused, store_errors
from service_kit.writes import Write


class _Details(msgspec.Struct):
    """What a list holds of a customer."""

    reason: str
    actor: str
    created_at: float


class RedisExemptions(RedisWriter):
    """See `rule_service.store.exemptions.Exemptions`."""

    async def add_exemptions(
        self, write: Write, owner_userid: str, exemptions: Sequence[Exemption]
    ) -> tuple[int, Revision]:
        keys = RuleKeys(write.corp_id)
        customers: list[str | bytes] = []
        for it in exemptions:
            customers += (
                it.external_userid,
                msgspec.json.encode(_Details(it.reason, it.actor, it.created_at)),
            )
        try:
            added, revision = await self._write(
                "add_exempt",
                write,
                [keys.exempt(owner_userid), keys.exempt_lists],
                [owner_userid, limits.EXEMPT_CUSTOMERS_PER_OWNER, *customers],
            )
        except ScriptRefused as refusal:
            full = details(refusal, "LIMIT")
            what = f"exempt customers of {list_owner(owner_userid)}"
            limit = PassedLimit(f"corp {write.corp_id}", what, full["limit"], full["current"], full["asked"])
            raise LimitExceeded([limit]) from None
        return added, revision

    async def remove_exemptions(
        self, write: Write, owner_userid: str, external_userids: Sequence[str]
    ) -> tuple[int, Revision]:
        keys = RuleKeys(write.corp_id)
        removed, revision = await self._write(
            "remove_exempt",
            write,
            [keys.exempt(owner_userid), keys.exempt_lists],
            [owner_userid, *external_userids],
        )
        return removed, revision

    async def list_exemptions(
        self,
        corp_id: str,
        lists: Sequence[str] | None,
        external_userid: str,
        after: Place,
        count: int,
    ) -> list[Exemption]:
        keys = RuleKeys(corp_id)
        found: list[Exemption] = []
        async for names in groups_of_lists(self._client, keys, lists, after[0]):
            if external_userid:
                there = [(name, external_userid) for name in names]
            else:
                there = await places(self._client, keys, names)
            waiting = [place for place in there if place > after]
            while waiting and len(found) < count:  # again where somebody was taken off meanwhile
                size = count - len(found) if not external_userid else len(waiting)
                part, waiting = waiting[:size], waiting[size:]
                found += await self._exemptions(keys, part)
            if len(found) >= count:
                break
        return found[:count]

    async def _exemptions(self, keys: RuleKeys, wanted: Sequence[Place]) -> list[Exemption]:
        """Returns the exemptions that are there, in the order asked."""
        with store_errors():
            pipeline = self._client.pipeline(transaction=False)
            for name, customer in wanted:
                pipeline.hget(keys.exempt(name), customer)
            records = await pipeline.execute()
        found = []
        for (name, customer), record in zip(wanted, records, strict=True):
            if record is not None:
                read = msgspec.json.decode(record, type=_Details)
                found.append(Exemption(name, customer, read.reason, read.actor, read.created_at))
        return found
