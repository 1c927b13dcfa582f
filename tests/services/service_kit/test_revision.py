"""Revision tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.revision import NO_RULES, Revision


@given(st.integers(0, 10**18 - 1), st.text("0123456789abcdef", min_size=1, max_size=40))
def test_a_token_names_its_revision(number: int, chain: str) -> None:
    assert Revision.parse(str(Revision(number, chain))) == Revision(number, chain)


def test_an_unwritten_corp_has_a_token_too() -> None:
    assert Revision.parse("0-0") == NO_RULES


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1",
        "1-",
        "-a",
        "01-a",
        "1-A",
        "1-g",
        "+1-a",
        "1-a\n",
        " 1-a",
        "1-a-b",
        "١-a",
        "1" * 19 + "-a",
        "1-" + "a" * 41,
    ],
)
def test_other_texts_are_no_tokens(token: str) -> None:
    with pytest.raises(ValueError, match="not a revision token"):
        Revision.parse(token)
