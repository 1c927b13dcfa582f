"""How the command line marks what was found in a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groupguard_cli.trial.marking import LONG, Mark, Piece, as_rich, as_text, pieces, printable, shortened

SIZE = 12
SPANS = st.lists(
    st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).filter(lambda span: span[0] < span[1]), max_size=6
)


@given(SPANS, SPANS)
def test_every_character_is_marked_as_the_spans_say(
    hits: list[tuple[int, int]], excused: list[tuple[int, int]]
) -> None:
    """A hit where any hit covers it, else excused where anything excuses it; no character is lost or moved."""
    text = "加微信😀abc𠮷[x]"[:SIZE].ljust(SIZE, "。")
    cut = pieces(text, hits, excused)
    assert "".join(piece.text for piece in cut) == text
    marks = [mark for part, mark in cut for _ in part]
    for index, mark in enumerate(marks):
        is_hit = any(start <= index < end for start, end in hits)
        is_excused = any(start <= index < end for start, end in excused)
        assert mark is (Mark.HIT if is_hit else Mark.EXCUSED if is_excused else Mark.NONE)


def test_hits_that_touch_stay_apart_and_those_that_overlap_become_one() -> None:
    """Two keywords in a row are two; one inside another is not seen."""
    assert as_text(pieces("刷单代购", [(0, 2), (2, 4)], [])) == "⟦刷单⟧⟦代购⟧"
    assert as_text(pieces("免费领取名师", [(0, 4), (0, 2), (2, 6)], [])) == "⟦免费领取名师⟧"
    assert as_text(pieces("路口交通", [(2, 4)], [(1, 3)])) == "路⟨口⟩⟦交通⟧"


def test_a_long_text_is_shortened_around_its_hits() -> None:
    """What is near a hit stays, and every hit; a text that is not long stays whole."""
    text = "前" * 100 + "加微信" + "中" * 100 + "代购" + "后" * 100
    short = as_text(shortened(pieces(text, [(100, 103), (203, 205)], [])))
    assert short == f"…{'前' * 24}⟦加微信⟧{'中' * 24}…{'中' * 24}⟦代购⟧{'后' * 24}…"
    whole = [Piece("长" * LONG, Mark.NONE)]
    assert shortened(whole) == whole
    assert as_text(shortened(pieces("长" * (LONG + 1), [], []))) == "长" * 80 + "…"


def test_a_flood_of_hits_and_a_long_hit_are_shortened_too() -> None:
    """10,000 characters of hits are some lines at most; the beginning and the end of a hit stay."""
    flood = shortened(pieces("刷单" * 5_000, [(start, start + 2) for start in range(0, 10_000, 2)], []))
    assert as_text(flood) == "⟦刷单⟧" * 40 + "…"
    url = "evil.com/" + "x" * 5_000 + "end"
    assert as_text(shortened(pieces(url, [(0, len(url))], []))) == f"⟦evil.com/{'x' * 21}…{'x' * 27}end⟧"


def test_what_steers_a_terminal_is_escaped_and_emoji_stay_whole() -> None:
    """Line breaks, control characters and changes of direction; joiners and invisible ones stay as they were sent."""
    assert printable("a\nb\t\x1b[31m\u202e\u2028") == "a\\nb\\t\\x1b[31m\\u202e\\u2028"
    for text in ("👨‍👩‍👧", "加\u200b微", "🇨🇳é", "[bold]x[/bold] :smile:"):
        assert printable(text) == text


def test_markup_of_rich_is_text_like_any_other() -> None:
    """Nothing of it becomes a style, nothing is left out."""
    text = "[bold]加微信[/bold] [/] :smile:"
    shown = as_rich(pieces(text, [(6, 9)], []))
    assert shown.plain == text
    assert [(span.start, span.end) for span in shown.spans] == [(6, 9)]
