"""Spans against the plain question asked of each."""

from hypothesis import given, settings
from hypothesis import strategies as st

from filter_service.domain.spans import Spans

SPANS = st.tuples(st.integers(0, 20), st.integers(0, 8)).map(lambda it: (it[0], it[0] + it[1]))


@given(st.lists(SPANS, max_size=12), SPANS)
@settings(deadline=None, max_examples=500)
def test_a_span_is_covered_by_one_that_holds_all_of_it(
    spans: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    """Two that touch or overlap do not cover together what neither covers alone."""
    expected = any(start <= asked[0] and asked[1] <= end for start, end in spans)
    assert Spans(spans).cover(*asked) is expected
