"""A durable store that comes back from a backup while the services run: they judge by what it holds, and not by what they remember."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from groupguard.filter.v1.verdict_pb2 import DECISION_ALLOW, DECISION_KICK, DECISION_WARN
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK
from groupguard_client import GroupGuard, failure
from service_kit.suite import Suite
from support.corp import Corp
from support.faults.suite import make_whole, pids, store_of
from support.processes import wait_until

_PATIENCE = 20.0


def test_what_a_restored_store_has_lost_is_forgotten(suite: Suite, gg: GroupGuard, tmp_path: Path) -> None:
    """Rules and lists alike, even once other writes have brought the corp to the same revision number."""
    corp = Corp(gg)
    corp.rule("加微信")
    corp.blacklist("wmListed")
    with _restored(suite, tmp_path):
        corp.rule("代购", kind=ACTION_KIND_KICK)
        corp.blacklist("wmLost")
        assert corp.say("代购").decision == DECISION_KICK
        assert corp.say("草莓", by="wmLost").decision == DECISION_KICK
        lost = corp.token
    corp.token = corp.lists_token = ""
    corp.rule("刷单", kind=ACTION_KIND_KICK)
    corp.blacklist("wmAnother")
    assert corp.token.partition("-")[0] == lost.partition("-")[0]

    assert corp.say("刷单").decision == DECISION_KICK
    assert corp.say("代购").decision == DECISION_ALLOW
    assert corp.say("加微信").decision == DECISION_WARN
    decisions = {by: corp.say("草莓", by=by).decision for by in ("wmListed", "wmLost", "wmAnother")}
    assert decisions == {"wmListed": DECISION_KICK, "wmLost": DECISION_ALLOW, "wmAnother": DECISION_KICK}
    corp.token = lost
    with pytest.raises(grpc.RpcError) as refused:
        corp.say("草莓")
    assert failure(refused.value).reason == "REVISION_UNKNOWN"


def test_a_restore_is_noticed_without_any_write(suite: Suite, gg: GroupGuard, tmp_path: Path) -> None:
    """And without a token, by checks alone."""
    corp = Corp(gg)
    corp.blacklist("wmListed")
    with _restored(suite, tmp_path):
        corp.rule("代购")
        corp.blacklist("wmLost")
        assert corp.say("代购").decision == DECISION_WARN
        assert corp.say("草莓", by="wmLost").decision == DECISION_KICK
    corp.token = corp.lists_token = ""

    assert wait_until(lambda: corp.say("代购").decision == DECISION_ALLOW, _PATIENCE)
    assert wait_until(lambda: corp.say("草莓", by="wmLost").decision == DECISION_ALLOW, _PATIENCE)
    assert corp.say("草莓", by="wmListed").decision == DECISION_KICK


@contextmanager
def _restored(suite: Suite, backup: Path) -> Iterator[None]:
    """Takes a backup of the durable store, and at the end kills the store and restores the backup; the services run on."""
    files = store_of(suite).folder / "durable" / "appendonlydir"
    shutil.copytree(files, backup / files.name)
    yield
    os.kill(pids(suite)["durable"], signal.SIGKILL)
    assert wait_until(lambda: "durable" in store_of(suite).poll(), _PATIENCE)
    shutil.rmtree(files)
    shutil.copytree(backup / files.name, files)
    make_whole(suite)
