"""Finding every list that a customer is on."""

from blacklist_service.domain.entry import Blacklist
from blacklist_service.redis_store.keys import BlacklistKeys
from blacklist_service.redis_store.lists import RedisLists
from service_kit.revision import Revision

_LISTS = 1_000
"""That one script looks at."""


class RedisForgetting(RedisLists):
    """See `blacklist_service.store.BlacklistStore`."""

    async def lists_with(self, corp_id: str, external_userid: str) -> list[Blacklist]:
        keys, lists = BlacklistKeys(corp_id), list(await self.lists(corp_id))
        found: list[Blacklist] = []
        for start in range(0, len(lists), _LISTS):
            some = lists[start : start + _LISTS]
            buckets = [keys.bucket(blacklist, external_userid) for blacklist in some]
            hits, *_ = await self._scripts.run(
                "find_entries", [keys.origins, keys.revision, *buckets], [external_userid] * len(some)
            )
            found += [some[place] for place in hits[::2]]
        return found

    async def revision(self, corp_id: str) -> Revision:
        keys = BlacklistKeys(corp_id)
        *_, number, chain = await self._scripts.run("find_entries", [keys.origins, keys.revision])
        return Revision(number, chain.decode())
