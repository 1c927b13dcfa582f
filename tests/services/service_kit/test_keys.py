"""Redis keys: different things get different keys, one corp gets one slot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.crc import key_slot

from service_kit.keys import corp_key, encode

_nasty = st.text(st.sampled_from("ab:{}%._-/ \n群\U0001f600A7"), min_size=1, max_size=6)
_ids = _nasty | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_keys = st.tuples(_ids, _ids, st.lists(_ids, max_size=3).map(tuple))


@pytest.mark.parametrize(
    ("id", "encoded"),
    [
        ("ww1", "ww1"),
        ("A-z_0.9", "A-z_0.9"),
        ("a:b", "a%3Ab"),
        ("{}", "%7B%7D"),
        ("100%", "100%25"),
        ("群", "%E7%BE%A4"),
        ("a\nb", "a%0Ab"),
        ("²", "%C2%B2"),
    ],
)
def test_ids_are_percent_encoded(id: str, encoded: str) -> None:
    """Letters, digits, ``_ . -`` stay; every other character becomes its UTF-8 bytes."""
    assert encode(id) == encoded


def test_key_has_the_corp_as_hash_tag() -> None:
    """The documented shape."""
    assert corp_key("rule", "ww1", "rules") == "gg:rule:{ww1}:rules"
    assert corp_key("rule", "ww1") == "gg:rule:{ww1}"


@pytest.mark.parametrize("arguments", [("", "c"), ("a", ""), ("a", "c", ""), ("a", "\ud800")])
def test_empty_and_unspeakable_components_are_refused(arguments: tuple[str, ...]) -> None:
    """An empty hash tag would scatter a corp over the cluster."""
    with pytest.raises(ValueError, match=r"empty id|surrogates"):
        corp_key(*arguments)


@settings(deadline=None)
@given(_keys, _keys)
def test_different_components_make_different_keys(
    one: tuple[str, str, tuple[str, ...]], other: tuple[str, str, tuple[str, ...]]
) -> None:
    """Pitfall 19: ids that contain the separator collide when keys are joined as they are."""
    same = corp_key(one[0], one[1], *one[2]) == corp_key(other[0], other[1], *other[2])
    assert same == (one == other)


@settings(deadline=None)
@given(_ids, _ids, _ids)
def test_moving_the_separator_changes_the_key(a: str, b: str, c: str) -> None:
    """The collisions that random pairs seldom show."""
    assert corp_key("x", a, f"{b}:{c}") != corp_key("x", a, b, c)
    assert corp_key("x", f"{a}}}:{b}", c) != corp_key("x", a, b, c)


@settings(deadline=None)
@given(_ids, _keys, _keys)
def test_one_corp_has_one_slot(
    corp: str, one: tuple[str, str, tuple[str, ...]], other: tuple[str, str, tuple[str, ...]]
) -> None:
    """Whatever the area and the parts, and equal to the slot of the encoded id alone."""
    slots = {key_slot(corp_key(area, corp, *parts).encode()) for area, _, parts in (one, other)}
    assert slots == {key_slot(encode(corp).encode())}
