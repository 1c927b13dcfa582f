"""Looking through a store's keys for those of a corp that no index names."""

from collections.abc import AsyncIterator

from service_kit.redis_client import StoreClient
from service_kit.scripts import Argument, Scripts

_AT_ONCE = 1_000
"""Keys of the store that one step looks at: half a millisecond of its time."""


async def scan_keys(client: StoreClient, key: str, pattern: str) -> AsyncIterator[list[str]]:
    """Yields the keys that match a pattern, those that one step finds; most find none.

    All that are there from beginning to end are found, unless the store fails over or the corp's slot moves meanwhile. A key
    may be found twice.

    Args:
        client: of the store.
        key: any key of the corp; it tells on which server of a cluster the others are.
        pattern: as `KEYS` has it.

    Raises:
        StoreUnavailable: no answer.
    """
    scripts = Scripts(client, "service_kit")
    cursor: Argument = 0
    while True:
        cursor, found = await scripts.run("scan_keys", [key], [cursor, pattern, _AT_ONCE])
        yield [name.decode() for name in dict.fromkeys(found)]
        if int(cursor) == 0:
            return
