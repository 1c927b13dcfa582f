"""How the command line shows keywords and what to know of them."""

from __future__ import annotations

import pytest

from groupguard.rule.v1.rule_pb2 import (
    MATCH_MODE_EXACT,
    MATCH_MODE_FOLDED,
    MATCH_MODE_HOMOPHONE,
    Keyword,
    KeywordCondition,
    KeywordWarning,
)
from groupguard_cli.flatten import flatten
from groupguard_cli.rules.warnings import tell_warnings


def test_a_mode_is_shown_where_it_is_not_the_default() -> None:
    """Also one that only a newer server knows."""
    condition = KeywordCondition(
        keywords=[
            Keyword(text="加微信", match_mode=MATCH_MODE_FOLDED),
            Keyword(text="v", match_mode=MATCH_MODE_EXACT),
            Keyword(text="微信", match_mode=MATCH_MODE_HOMOPHONE),
            Keyword(text="新", match_mode=9),  # type: ignore[arg-type]
            Keyword(text="代购"),
        ]
    )
    assert flatten(condition) == {"keywords": ["加微信", "v (exact)", "微信 (homophone)", "新 (9)", "代购"]}


def test_warnings_are_told_one_a_line_where_no_program_reads_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the place of the keyword and the words that it will hit; of any kind."""
    tell_warnings(
        KeywordWarning(field=f"keywords[{kind}]", keyword=f"k{kind}", kind=kind, words=["国家级", "国家队"])  # type: ignore[arg-type]
        for kind in (1, 2, 3, 9)
    )
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "keywords[1]: k1 lies inside 国家级、国家队; an allow phrase helps.",
        "keywords[2]: k2 also finds 国家级、国家队, which it is once folded.",
        "keywords[3]: k3 also finds 国家级、国家队, which sounds the same.",
        "keywords[9]: k9 also finds 国家级、国家队.",
    ]
