"""The services decide what a naive reference decides, over generated rules, bindings and traffic."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from groupguard_client import Addresses, AsyncGroupGuard
from support.oracle.cases import PER_CORP
from support.oracle.play import play

CORPS = (1,)
"""Asked by calls, as every tenth is; `make oracle` plays many."""
DIFFERED = (671, 1_050, 28_005)
"""Corps of cases in which something differed once, each time by a mistake of the comparison: it took commas for something
that is said (28,005), and a verdict that is not remembered for the first one of a message (671 and 1,050)."""


async def test_verdicts_are_those_of_the_reference(targets: list[Addresses]) -> None:
    """Conditions, order, merging, counting, strikes, retries, late messages, edits between: nothing differs."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(AsyncGroupGuard(it)) for it in targets]
        counts = await asyncio.gather(*(play(corp, clients) for corp in (*CORPS, *DIFFERED)))
    for played in counts:
        assert played["verdicts"] > played["cases"] == PER_CORP
        assert played["retries"]
        assert played["hits"]
