"""Which calls are taken when there is too much to do, and how often a corp may ask."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_kit import auth
from service_kit.admission import Admission
from service_kit.errors import Overloaded, QuotaExceeded, TooManyStreams
from service_kit.interceptor import CallPolicy
from service_kit.policy_figures import figures_of
from service_kit.quota import CorpQuota

CHECK, WRITE = "/s/Check", "/s/Write"


def test_as_many_calls_as_allowed_are_under_way_and_not_one_more() -> None:
    admission = Admission(3, 1)
    for _ in range(3):
        admission.begin(CHECK, None)
    with pytest.raises(Overloaded) as caught:
        admission.begin(WRITE, None)
    assert caught.value.metadata == {"limit": "3"}
    assert 0 < caught.value.seconds <= 5
    with pytest.raises(Overloaded):
        admission.require_room(CHECK)
    admission.end(CHECK, 0.01)
    admission.require_room(CHECK)
    admission.begin(WRITE, None)


def slow(most: int) -> Admission:
    """One whose checks take a second, with half of its places taken."""
    admission = Admission(most, 1)
    for _ in range(100):
        admission.begin(CHECK, None)
        admission.end(CHECK, 1.0)
    for _ in range(most // 2):
        admission.begin(CHECK, None)
    return admission


def test_a_call_whose_answer_would_come_too_late_is_refused_at_once() -> None:
    admission = slow(10)
    with pytest.raises(Overloaded, match=r"0\.5 s are left, and this takes 1 s now"):
        admission.begin(CHECK, 0.5)
    admission.begin(CHECK, 2.0)
    admission.begin(CHECK, None)
    admission.begin(WRITE, 0.5)  # nothing is known of it yet


def test_a_server_that_is_not_busy_tries_every_call() -> None:
    """Else what was slow once would be refused for ever: nothing would show that it is fast again."""
    admission = slow(10)
    admission.end(CHECK, 1.0)
    for _ in range(100):
        admission.begin(CHECK, 0.5)
        admission.end(CHECK, 0.01)
    admission.begin(CHECK, 0.5)
    admission.begin(CHECK, 0.5)


def test_streams_are_counted_by_caller_and_given_back() -> None:
    admission = Admission(1, 2)
    auth.set_caller(auth.Caller("crm"))
    try:
        with admission.stream(), admission.stream():
            with pytest.raises(TooManyStreams, match="limited to 2"), admission.stream():
                pass
            auth.set_caller(auth.Caller("billing"))
            with admission.stream():
                pass
            auth.set_caller(auth.Caller("crm"))
        with admission.stream():
            pass
    finally:
        auth.set_caller(auth.ANYONE)


def test_a_corp_may_ask_at_once_and_then_as_often_as_its_quota() -> None:
    now = [0.0]
    quota = CorpQuota(10, 5, lambda: now[0])
    for _ in range(5):
        quota.spend("ww1")
    with pytest.raises(QuotaExceeded) as caught:
        quota.spend("ww1")
    assert caught.value.seconds == pytest.approx(0.1)
    quota.spend("ww2")  # another corp's
    now[0] = 0.1
    quota.spend("ww1")
    with pytest.raises(QuotaExceeded):
        quota.spend("ww1")


@settings(deadline=None)
@given(
    st.floats(0.5, 50),
    st.integers(1, 20),
    st.lists(st.floats(0, 0.5), max_size=60),
)
def test_a_quota_is_a_bucket_of_tokens(per_second: float, burst: int, pauses: list[float]) -> None:
    """Against the bucket itself: a level that rises with time and falls with every request."""
    now = [0.0]
    quota = CorpQuota(per_second, burst, lambda: now[0])
    level, last = float(burst), 0.0
    for pause in pauses:
        now[0] += pause
        level, last = min(burst, level + (now[0] - last) * per_second), now[0]
        if abs(level - 1) < 1e-6:
            return  # too near to call in floating point
        if level >= 1:
            quota.spend("ww1")
            level -= 1
        else:
            with pytest.raises(QuotaExceeded) as caught:
                quota.spend("ww1")
            assert caught.value.seconds == pytest.approx((1 - level) / per_second, rel=1e-3, abs=1e-6)


def test_quotas_of_any_number_of_corps_take_bounded_memory() -> None:
    quota = CorpQuota(1, 1, lambda: 0.0, most=2)
    for corp in ("ww1", "ww2", "ww3"):
        quota.spend(corp)
    quota.spend("ww1")  # forgotten, so it begins afresh
    with pytest.raises(QuotaExceeded):
        quota.spend("ww3")


def test_what_is_refused_is_counted_by_why() -> None:
    admission = Admission(2, 1, most_bytes=10)
    quota = CorpQuota(1, 1, lambda: 0.0)
    [refused] = [
        it
        for it in figures_of(CallPolicy({}, None, 10, 0, admission, quota))
        if it.name == "groupguard_refused_total"
    ]
    admission.begin(CHECK, None)
    admission.end(CHECK, 1.0)
    admission.begin(CHECK, None)
    quota.spend("ww1")
    with pytest.raises(Overloaded):
        admission.begin(CHECK, 0.5)
    admission.begin(CHECK, None)
    with pytest.raises(Overloaded):
        admission.begin(CHECK, None)
    with admission.stream(), pytest.raises(TooManyStreams), admission.stream():
        pass
    with pytest.raises(Overloaded), admission.memory(11):
        pass
    with pytest.raises(QuotaExceeded):
        quota.spend("ww1")
    told = {it.labels["reason"]: it.value for it in refused.measure().samples}
    assert told == {"calls": 1, "deadline": 1, "streams": 1, "bytes": 1, "quota": 1}
