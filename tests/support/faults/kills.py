"""Rounds of kills at random: of any service's replica and either store, in order (SIGTERM) or on the spot (SIGKILL)."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from groupguard_client import GroupGuard, failure
from service_kit.service_process import ServiceProcess
from support.faults.judging import Judging
from support.faults.proof import check_verdicts, check_writes
from support.faults.replicas import Replicas
from support.faults.writers import OUTAGE, Writing

STORES = ("durable", "ephemeral")
SERVICES = ("rule", "blacklist", "filter")
CALLERS = 12
"""Each has at most one call in flight."""
_PATIENCE = 180.0
_PATIENT_SECONDS = 20.0
"""How long callers wait for an answer: on a busy machine their own deadline shall not be taken for a lost call."""
_BREATH = 0.004


@dataclass
class Kill:
    """One kill, as its seed wants it, and what it led to."""

    victim: str
    replica: int
    """Of a service; 0 for a store."""
    signal: signal.Signals
    calm: float
    """Seconds of undisturbed work before it."""
    outage: float
    """Seconds that the supervisor does not look."""
    failures: Counter[str] = field(default_factory=Counter)
    """Calls that the client gave up, by `<code> <reason>: <message>`."""
    answered: float = 0.0
    """Seconds from the signal until every caller had an answer to something new."""
    recovered: float = 0.0
    """Seconds from the signal until the victim served again as well."""
    exit_code: int | None = None
    """Of a service that was told to stop."""

    @property
    def failed(self) -> int:
        """How many calls failed."""
        return self.failures.total()

    @property
    def most_failed(self) -> int | None:
        """Calls that it may cost: none in order, those in flight on the spot; None for a store, which has no replica."""
        if self.victim in STORES:
            return None
        return 0 if self.signal is signal.SIGTERM else CALLERS

    def __str__(self) -> str:
        return f"{self.signal.name} {self.victim}"


@dataclass
class Round:
    """Some kills under load, and what the load found afterwards."""

    seed: int
    kills: list[Kill]
    acknowledged: int = 0
    in_doubt: int = 0
    verdicts: int = 0
    incomplete: int = 0
    """Verdicts that name a check which could not be made."""
    lost: str = ""
    """What is wrong with writes; empty if every acknowledged one is there, and happened once."""
    wrong: list[str] = field(default_factory=list)
    """Verdicts that contradict the revision that they name, or what is stored."""
    excessive: list[str] = field(default_factory=list)
    """Kills that cost more calls than they may, and failures that no outage explains."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, wrong or excessive."""
        return not (self.lost or self.wrong or self.excessive)


def drawn(seed: int, count: int) -> list[Kill]:
    """Returns the kills of a seed."""
    chance = random.Random(seed)
    return [
        Kill(
            victim=victim,
            replica=chance.randrange(2) if victim in SERVICES else 0,
            signal=chance.choice((signal.SIGTERM, signal.SIGKILL)),
            calm=chance.uniform(0.3, 1.0),
            outage=chance.uniform(0.0, 0.7),
        )
        for victim in chance.choices((*SERVICES, *STORES), k=count)
    ]


def play(parts: Replicas, seed: int, count: int) -> Round:
    """Plays a round, with corps of its own."""
    played = Round(seed, drawn(seed, count))
    with GroupGuard(parts.addresses, timeout=_PATIENT_SECONDS) as gg:
        writing = Writing(gg, f"wwKilled{seed}")
        judging = Judging(gg, f"wwJudged{seed}", breath=_BREATH)
        writing.start()
        judging.start()

        def progress() -> list[int]:
            return [*writing.progress(), *judging.progress()]

        def failures() -> Counter[str]:
            told = [failure(error) for error in (*judging.failed, *judging.failed_edits)]
            return writing.refused() + Counter(f"{it.code} {it.reason}: {it.message}" for it in told)

        assert len(progress()) == CALLERS
        try:
            for kill in played.kills:
                time.sleep(kill.calm)
                earlier = failures()
                _do(kill, parts, progress)
                kill.failures = failures() - earlier
        finally:
            judging.stop()
            writing.stop()
        _judge(played, gg, writing, judging)
    return played


def _do(kill: Kill, parts: Replicas, progress: Callable[[], list[int]]) -> None:
    """Kills, lets the victim be started again after a while, and waits until all is as before."""
    service = parts.services[kill.victim][kill.replica] if kill.victim in SERVICES else None
    pid = service.pid if service else parts.store.pids[kill.victim]
    assert pid is not None
    before, begun = progress(), time.monotonic()
    os.kill(pid, kill.signal)
    with ThreadPoolExecutor(1) as waiter:
        whole: Future[None] | None = None
        while not (kill.answered and whole and whole.done()):
            assert time.monotonic() < begun + _PATIENCE, f"{kill}: {before} → {progress()}"
            time.sleep(0.02)
            if not kill.answered and _moved(before, progress()):
                kill.answered = time.monotonic() - begun
            if whole and whole.done():
                whole.result()
            elif not whole and time.monotonic() > begun + kill.outage and _is_gone(kill, service, parts):
                kill.exit_code = service.exit_code if service else None
                service.start() if service else parts.store.ensure_running()
                whole = waiter.submit(parts.wait_ready)
    kill.recovered = time.monotonic() - begun


def _is_gone(kill: Kill, service: ServiceProcess | None, parts: Replicas) -> bool:
    return not service.is_running() if service else kill.victim in parts.store.poll()


def _moved(before: list[int], now: list[int]) -> bool:
    """Whether everybody has got an answer to something that was sent after `before`."""
    return all(later > earlier + 1 for earlier, later in zip(before, now, strict=True))


def _judge(played: Round, gg: GroupGuard, writing: Writing, judging: Judging) -> None:
    played.acknowledged = writing.acknowledged() + len(judging.keywords)
    played.in_doubt = writing.doubts("rules") + writing.doubts("blacklist")
    played.verdicts = sum(writing.checker.acknowledged.values()) + len(judging.judged)
    played.incomplete = judging.incomplete()
    for kill in played.kills:
        if kill.most_failed is not None and kill.failed > kill.most_failed:
            played.excessive.append(f"{kill} cost {kill.failed} calls: {dict(kill.failures)}")
        if kill.signal is signal.SIGTERM and kill.exit_code not in (0, None):
            played.excessive.append(f"{kill} ended with {kill.exit_code}")
    told = [failure(error) for error in judging.failed]
    played.excessive += [str(it) for it in told if it.code not in OUTAGE]
    played.wrong += judging.wrong()
    try:
        stored = check_writes(gg, writing)
    except AssertionError as error:
        played.lost = str(error)
        return
    try:
        check_verdicts(gg, writing, *stored)
    except AssertionError as error:
        played.wrong.append(str(error))
