"""What docs/scaling.md shows is what the simulation says, and the simulation computes what can be computed by hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from redis.crc import key_slot

from bench.scaling.costs import Costs, through
from bench.scaling.pods import ALLOWED_SECONDS, CONFIRM_SECONDS, fetches, memory, work
from bench.scaling.routing import routes
from bench.scaling.shards import counting, shards_of
from bench.scaling.tables import page_with
from bench.scaling.traffic import Traffic, requests
from filter_service import corp
from filter_service.blacklists import copies
from support.checkout import checkout
from support.commands import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
COSTS = Costs(
    request=0.01,
    message=0.001,
    outgoing=0.07,
    fetch_byte=0.0,
    script=0.002,
    counted=0.001,
    asked=0.5,
    small_corp=10.0,
    largest_corp=100.0,
    estimated=0.5,
    idle=1_000.0,
    stored=0.5,
    entry=70.0,
    filter_entry=2.0,
)
ALONE, SPREAD = np.array([True]), np.array([False])


def test_the_page_shows_what_is_simulated_by_the_newest_results(tmp_path: Path) -> None:
    """`make scaling` fills in its tables."""
    checkout(tmp_path)
    page = PAGE.read_text("utf-8")
    (tmp_path / "docs").mkdir()
    written = tmp_path / "docs" / "scaling.md"
    written.write_text(page_with(page, [""] * page.count("<!-- simulated -->")), "utf-8")
    done = run(["make", "scaling"], env={"PATH": os.environ["PATH"]}, cwd=tmp_path, patience=240)
    assert done.returncode == 0, done.stderr
    assert written.read_text("utf-8") == page


def test_uses_are_compared_after_as_long_as_the_service_takes() -> None:
    """Both of rules and of filters."""
    assert (corp.CONFIRM_SECONDS, copies.CONFIRM_SECONDS) == (CONFIRM_SECONDS, CONFIRM_SECONDS)
    assert copies.ALLOWED_SECONDS == ALLOWED_SECONDS


def test_a_line_through_two_batches() -> None:
    """10 for one message and 210 for 101: 2 a message, 8 around."""
    assert through(1, 10.0, 101, 210.0) == (8.0, 2.0)


def test_traffic_falls_with_the_place_and_sizes_end_at_the_small_corp() -> None:
    """The second sends half, the third a third; a twelfth of the largest is below the smallest."""
    assert Traffic(3, 110.0, 1.0, 1.0, 1).rates(0) == pytest.approx([60, 30, 20])
    sizes = Traffic(12, 1.0, 1.0, 1.0, 1).sizes(COSTS)
    assert (sizes[0], sizes[4], sizes[11]) == (100, 20, 10)


def test_only_so_many_send_at_once_and_others_later() -> None:
    """All of the traffic, by a fifth of the corps."""
    traffic = Traffic(1_000, 50.0, 0.2, 1.0, 1)
    first, second = traffic.rates(0), traffic.rates(1)
    assert np.count_nonzero(first) == np.count_nonzero(second) == 200
    assert first.sum() == pytest.approx(50)
    assert ((first > 0) != (second > 0)).any()


def test_batches_hold_what_comes_while_they_wait() -> None:
    """10 a second for 0.1 s are one more; a full batch waits for nothing."""
    assert requests(np.array([10.0, 100.0]), 0.1, 4) == pytest.approx([5, 25])
    assert requests(np.array([10.0]), 0.0, 100) == pytest.approx([10])


def test_work_of_a_corp_with_a_pod_and_with_two() -> None:
    """2 requests a second are compared 2 / 7 times a second at one pod, and 1 / 4 times at each of two."""
    rates, asked = np.array([4.0]), np.array([2.0])
    alone = work(COSTS, rates, asked, routes(ALONE, 1))
    assert alone.compared == pytest.approx(2 / 7)
    assert alone.cores == pytest.approx([0.02 + 0.004 + 0.02])
    spread = work(COSTS, rates, asked, routes(SPREAD, 2))
    assert spread.compared == pytest.approx(0.5)
    assert spread.cores == pytest.approx([0.01 + 0.002 + 0.0175] * 2)


def test_rarely_used_copies_are_compared_and_passed_over_as_in_a_play_of_uses() -> None:
    """By the formula as by 200,000 uses one after the other, one in 20 s on average."""
    now = confirmed = 0.0
    compared = passed = 0
    for gap in np.random.default_rng(1).exponential(20.0, 200_000).tolist():
        now += gap
        if now - confirmed > CONFIRM_SECONDS:
            compared += 1
            passed += now - confirmed > ALLOWED_SECONDS
            confirmed = now
    slow = work(COSTS, np.array([0.05]), np.array([0.05]), routes(ALONE, 1))
    assert slow.compared == pytest.approx(compared / now, rel=0.02)
    assert slow.looked_up == pytest.approx(passed / now, rel=0.05)


def test_memory_is_the_fullest_pods_up_to_the_budgets() -> None:
    """Rules of 100 and 50 bytes and two filters of 20; a budget of 30 by an estimate of half lets 60 be taken."""
    both, sizes = routes(np.array([True, True]), 1), np.array([100.0, 50.0])
    assert memory(COSTS, sizes, 10, both, (1_000, 1_000)) == 1_000 + 150 + 40
    assert memory(COSTS, sizes, 10, both, (30, 25)) == 1_000 + 60 + 25


def test_rules_stay_in_memory_as_far_as_the_budget_goes() -> None:
    """With room for both corps nothing is fetched twice; with room for one, every change of corps fetches."""
    phase, sizes = np.array([50.0, 50.0]), np.array([10.0, 10.0])
    assert fetches((phase, phase), sizes, 20.0, 100.0, 1) == (1.0, 0.0, 0.0)
    assert fetches((0 * phase, 0 * phase), sizes, 20.0, 100.0, 1) == (1.0, 0.0, 0.0)
    hits, missed, taken = fetches((phase, phase), sizes, 10.0, 100.0, 1)
    assert hits == pytest.approx(0.5, abs=0.03)
    assert taken == 10 * missed == pytest.approx(500, rel=0.05)


def test_a_lost_pod_moves_only_its_own_corps() -> None:
    """Each to one that is left, and before that each pod has about as many."""
    every = np.ones(10_000, np.bool_)
    before, after = routes(every, 10), routes(every, 10, lost=3)
    assert np.bincount(before.pods).tolist() == pytest.approx([1_000] * 10, rel=0.15)
    moved = before.pods != after.pods
    assert (moved == (before.pods == 3)).all()
    assert sorted(set(after.pods.tolist())) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert routes(SPREAD, 3, lost=1).pods.tolist() == [0, 2]


def test_shards_are_those_of_the_keys_slots() -> None:
    """As a client of the cluster computes them."""
    slots = [key_slot(f"gg:rule:{{ww{corp_id:016x}}}:x".encode()) for corp_id in range(100)]
    assert shards_of(100, 4).tolist() == [slot // 4_096 for slot in slots]


def test_scripts_are_run_for_requests_with_something_to_ask() -> None:
    """Of single messages every second; of batches of two three in four."""
    scripts, cores = counting(COSTS, np.array([10.0, 20.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    assert scripts == pytest.approx([5, 7.5, 0])
    assert cores == pytest.approx([0.01 + 0.005, 0.015 + 0.01, 0])
