"""Plays the cases of a corp to the reference and to running services, and compares what they say."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence

from groupguard_client import AsyncGroupGuard
from groupguard_client.exceptions import DeadlineExceeded, Unavailable
from support.oracle import cases
from support.oracle.cases import PER_CORP
from support.oracle.checks import CaseBatch, Checks
from support.oracle.corp import Corp
from support.oracle.played import Played

_TURNS = 3
"""How often cases are played in which a service did not answer in time: that says nothing of what it decides."""
_PATIENCE = 120.0
"""Seconds for the cases of a corp."""
_BY_CALLS = 10
"""Of so many pairs of corps one is made by a call for each thing, and asked for single messages by a call each; the others
are made by one import each, and asked by streams."""


def replicas_of(corp: int) -> int:
    """How many replicas a corp's messages go to: half of the corps have one, half three."""
    return (1, 3)[corp % 2]


async def play(corp: int, replicas: Sequence[AsyncGroupGuard]) -> Counter[str]:
    """Plays the cases of a corp, from PER_CORP times its number on; returns what there was of each sort.

    Of each case a step is played at a time, changes before messages. Messages that go to one replica in a batch go in
    one with those of other cases.

    Raises:
        AssertionError: a verdict is not what the reference says.
        CallError: a call failed, and not for want of time.
        TimeoutError: the services did not answer in any turn; so may be Unavailable or DeadlineExceeded.
    """
    for turn in range(1, _TURNS + 1):
        playing = _Playing(corp, replicas[: replicas_of(corp)])
        try:
            async with asyncio.timeout(_PATIENCE):
                await playing.play()
        except AssertionError:
            if turn == _TURNS or not playing.was_left_alone:
                raise
        except (DeadlineExceeded, TimeoutError, Unavailable):
            if turn == _TURNS:
                raise
        else:
            return playing.counts + Counter({"turns": turn})
    raise AssertionError("the last turn returns or raises")


class _Playing:
    def __init__(self, number: int, replicas: Sequence[AsyncGroupGuard]) -> None:
        now = round(time.time()) * 1000
        first = number * PER_CORP
        self._cases = [
            Played(at, cases.case(at, now, len(replicas)), now) for at in range(first, first + PER_CORP)
        ]
        self._corp = Corp(f"ww{number}x{time.time_ns()}", replicas[0])
        self._checks = Checks(self._corp, replicas)
        self._by_calls = number // 2 % _BY_CALLS == 0

    @property
    def was_left_alone(self) -> bool:
        """Whether a check was left out because something did not answer."""
        return any(case.counts["left alone"] for case in self._cases)

    @property
    def counts(self) -> Counter[str]:
        """What there was of each sort."""
        return sum((case.counts for case in self._cases), Counter(corps=1, cases=PER_CORP))

    async def play(self) -> None:
        await (self._corp.make_cases if self._by_calls else self._corp.import_cases)(self._cases)
        for place in range(max(len(case.made.steps) for case in self._cases)):
            await self._round(place)

    async def _round(self, place: int) -> None:
        """Plays one step of each case that has so many."""
        changes: list[Awaitable[None]] = []
        checks: list[Awaitable[None]] = []
        batches: dict[int, list[CaseBatch]] = {}
        streams: dict[int, list[CaseBatch]] = {}
        for case in self._cases:
            match case.made.steps[place : place + 1]:
                case [cases.Batch(single=True) as batch] if self._by_calls:
                    checks.append(self._checks.by_calls(case, batch))
                case [cases.Batch() as batch]:
                    (streams if batch.single else batches).setdefault(batch.replica, []).append((case, batch))
                case [cases.Event() as event]:
                    checks.append(self._checks.event(case, event))
                case [change]:
                    changes.append(self._corp.change(case, change))
        checks += (self._checks.in_a_batch(*batch) for batch in batches.items())
        checks += (self._checks.by_stream(*stream) for stream in streams.items())
        await _all_of(changes)
        await _all_of(checks)
        await self._corp.catch_up(self._cases)


async def _all_of(calls: Iterable[Awaitable[None]]) -> None:
    """Waits for all calls, also when one fails, and then raises its error."""
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
