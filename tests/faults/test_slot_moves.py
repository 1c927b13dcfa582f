"""Slots of a cluster go from node to node, with everything of a corp, while it is written to and checked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from groupguard_client import GroupGuard
from service_kit.suite import StoreUrls, Suite
from support.cluster import cluster
from support.faults.judging import Judging
from support.faults.proof import check_everything, report, wait_for_progress
from support.faults.slots import slot_mover, slot_of
from support.faults.suite import addresses, own_faults
from support.faults.writers import Writing

MOVES = min(int(os.environ.get("GROUPGUARD_TEST_STORMS", "2")), 5)
"""How often both corps are moved; the first time to the new node. Each takes longer, for what was written meanwhile: 5 some minutes."""
_SETTLED_SECONDS = 0.5
_PAUSES = (0.05, 0.6)
"""Seconds between two steps of a move: shorter and longer than the services keep trying."""


def test_moving_slots_lose_nothing_and_falsify_nothing(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """Writers see UNAVAILABLE at most, or their own deadline, and checks only say what they had to leave out.

    Nobody has to be restarted, and no connection is cut. The first moves go to a node that had no slot, so that services hear of it by a redirection. Nodes answered with MOVED, ASK and
    TRYAGAIN, all of which the services coped with; none said TRYAGAIN where a slot moved at once.
    """
    with (
        cluster(spares=1) as url,
        slot_mover(url) as mover,
        Suite(StoreUrls(url, url), log_folder=folder) as suite,
        GroupGuard(addresses(suite.services)) as gg,
    ):
        writing, judging = Writing(gg, "wwMovedWriting"), Judging(gg, "wwMovedJudging", breath=0.004)
        writing.start()
        judging.start()
        recoveries = []
        try:
            for number in range(MOVES):
                for corp_id in ("wwMovedWriting", "wwMovedJudging"):
                    mover.move(slot_of(corp_id), number, _PAUSES[number % len(_PAUSES)])
                begun = time.monotonic()
                wait_for_progress(suite, writing)
                recoveries.append(round(time.monotonic() - begun, 2))
                time.sleep(_SETTLED_SECONDS)
            halves = mover.counted("TRYAGAIN")
            for corp_id in ("wwMovedWriting", "wwMovedJudging"):
                mover.move_at_once(slot_of(corp_id), MOVES)
            wait_for_progress(suite, writing)
            assert mover.counted("TRYAGAIN") == halves
        finally:
            judging.stop()
            writing.stop()
        redirections = {kind: mover.counted(kind) for kind in ("MOVED", "ASK", "TRYAGAIN")}
        assert judging.failed == []
        assert judging.wrong() == []
        assert own_faults(folder) == []
        assert "can't be reached" not in "".join(log.read_text("utf-8") for log in folder.glob("*.log"))
        check_everything(gg, writing)
        assert min(redirections.values()) > 0, redirections
    report(
        writing,
        record_property,
        judged=len(judging.judged),
        incomplete=judging.incomplete(),
        refused=dict(writing.refused()),
        moved_keys=mover.moved_keys,
        redirections=redirections,
        seconds_to_recover=recoveries,
    )
