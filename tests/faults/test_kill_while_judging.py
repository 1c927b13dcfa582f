"""RuleService, BlacklistService and the stores are killed at random while messages are judged and rules change."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable

import pytest

from groupguard.filter.v1.verdict_pb2 import DECISION_KICK, DECISION_WARN
from groupguard_client import GroupGuard
from service_kit.suite import Suite
from support.faults.judging import EDITED, LISTED, STRIKING, Judging
from support.faults.requests import check
from support.faults.suite import make_whole, pids
from support.processes import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="death signals and /proc are Linux's")

SECONDS = float(os.environ.get("GROUPGUARD_TEST_KILL_SECONDS", "10"))
"""How long there are kills."""
SEED = int(os.environ.get("GROUPGUARD_TEST_KILL_SEED", "0")) or random.randrange(1, 10**6)
VICTIMS = ("rule", "blacklist", "durable", "ephemeral")
_PATIENCE = 30.0


def test_every_verdict_is_right_or_says_what_it_left_out(
    suite: Suite, gg: GroupGuard, record_property: Callable[[str, object], None]
) -> None:
    """Each is what the revision that it names asks for; FilterService never fails and is never restarted.

    Afterwards verdicts are complete again, by the newest rules, without anybody's help.
    """
    chance = random.Random(SEED)
    judging = Judging(gg, f"wwJudging{SEED}")
    before = pids(suite)
    judging.start()
    until, kills = time.monotonic() + SECONDS, 0
    while time.monotonic() < until or not (judging.incomplete() or time.monotonic() > until + _PATIENCE):
        victim = chance.choice(VICTIMS)
        os.kill(pids(suite)[victim], signal.SIGKILL)
        kills += 1
        time.sleep(chance.uniform(0.1, 0.8))
        make_whole(suite)
        time.sleep(chance.uniform(0.1, 0.5))
    judging.stop()
    assert not judging.failed, (SEED, judging.failed[:3])
    assert not judging.wrong(), (SEED, judging.wrong()[:3])
    assert judging.incomplete(), "no kill was noticed"
    assert pids(suite)["filter"] == before["filter"]

    token, keyword = list(judging.keywords.items())[-1]
    newest = check(judging.corp_id, EDITED, f"来{keyword}吧")
    newest.min_rules_revision = token
    listed = check(judging.corp_id, EDITED, "你好", LISTED)
    striking = check(judging.corp_id, STRIKING, "脏话", "wmAfterwards")
    for request, decision in ((newest, DECISION_WARN), (listed, DECISION_KICK), (striking, DECISION_WARN)):

        def is_complete(asked=request, expected=decision) -> bool:  # type: ignore[no-untyped-def]
            verdict = gg.filter.CheckMessage(asked, timeout=15).verdict
            return verdict.decision == expected and not verdict.not_evaluated

        assert wait_until(is_complete, _PATIENCE)
    record_property("verdicts", len(judging.judged))
    print(
        f"seed {SEED}: {kills} kills, {len(judging.keywords)} edits, {len(judging.judged)} verdicts, "
        f"{judging.incomplete()} incomplete"
    )
