"""The estimate of what a snapshot takes, against what a process really grows by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

MEASURING = """
import gc, random, sys
from pathlib import Path
from filter_service.domain.compiled import Keyword
from filter_service.domain.exemptions import ExemptionChange
from filter_service.domain.rule import Action, ActionKind, Group, Rule, State
from filter_service.domain.size import size_of
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from service_kit.matching import MatchMode
from service_kit.revision import NO_RULES

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

chance = random.Random(1)

def keywords(count, mode):
    return tuple(Keyword("".join(chr(0x4E00 + chance.randrange(4_000)) for _ in range(4)), mode) for _ in range(count))

def rules(count, words, mode):
    return [Rule(f"{n:024x}", 1, State.ENABLED, keywords(words, mode), Action(ActionKind.KICK)) for n in range(count)]

def changes(kind):
    match kind:
        case "keywords":
            return rules(300, 100, MatchMode.FOLDED)
        case "homophones":
            return rules(80, 100, MatchMode.HOMOPHONE)
        case "groups":
            return [Group(f"wrOgQhDgAAMYQiS5{n:016d}", sys.intern(f"member{n % 300}"), n) for n in range(100_000)]
        case "bindings":
            bits = [BindingChange(Operation.SET, (f"{n:024x}",), n % 37, bytes([255] * chance.randrange(8, 1025)))
                    for n in range(10_000)]
            return [*rules(10_000, 0, MatchMode.FOLDED), *bits]
        case "exempt":
            return [ExemptionChange(f"m{n}", tuple(f"wm{n:010d}{k:020d}" for k in range(1_000))) for n in range(100)]

Snapshot().changed(rules(2, 1, MatchMode.HOMOPHONE), NO_RULES)  # loads tables
before = resident()
snapshot = Snapshot().changed(changes(sys.argv[1]), NO_RULES)
print(size_of(snapshot).memory / (resident() - before))
"""


@pytest.mark.parametrize("kind", ["keywords", "homophones", "groups", "bindings", "exempt"])
def test_the_estimate_is_near_the_truth(kind: str) -> None:
    """Of each thing that snapshots are full of, by itself in a process of its own."""
    measured = subprocess.run(
        [sys.executable, "-c", MEASURING, kind],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0.65 < float(measured.stdout) < 1.6
