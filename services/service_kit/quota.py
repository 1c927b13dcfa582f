"""How often a corp may ask."""

import time
from collections.abc import Callable

from service_kit.errors import QuotaExceeded

MOST_CORPS = 10_000
"""Corps that are kept account of, some 2 MB. Beyond it those that asked longest ago are forgotten, and begin afresh."""


class CorpQuota:
    """A token bucket for each corp, kept as the time at which it will be full again (GCRA)."""

    def __init__(
        self,
        per_second: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_CORPS,
    ) -> None:
        """All buckets are full.

        Args:
            per_second: requests a corp may make in the long run.
            burst: requests it may make at once after a pause.
            clock: gives seconds.
            most: corps that are kept account of.
        """
        self._per_second = per_second
        self._interval = 1 / per_second
        self._room = burst * self._interval
        self._clock = clock
        self._most = most
        self._full_at: dict[str, float] = {}
        self.refused = 0
        """Requests that were too many since the start."""

    def spend(self, corp_id: str) -> None:
        """Takes one request out of a corp's bucket.

        Raises:
            QuotaExceeded: it is empty; the error says how long until it is not.
        """
        now = self._clock()
        full_at = max(self._full_at.pop(corp_id, now), now) + self._interval
        wait = full_at - self._room - now
        if wait > 1e-9:
            self._full_at[corp_id] = full_at - self._interval
            self.refused += 1
            raise QuotaExceeded(corp_id, self._per_second, wait)
        self._full_at[corp_id] = full_at
        if len(self._full_at) > self._most:
            del self._full_at[next(iter(self._full_at))]
