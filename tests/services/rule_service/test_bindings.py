"""Bitmaps over group ordinals agree with Redis's own idea of them."""

from __future__ import annotations

import redis
from hypothesis import given
from hypothesis import strategies as st

from rule_service.domain.bindings import CHUNK_ORDINALS, masks, ordinals, without

ORDINALS = st.sets(st.integers(0, 4 * CHUNK_ORDINALS) | st.integers(0, 2**31 - 1), max_size=60)


@given(ORDINALS)
def test_masks_hold_exactly_the_ordinals(wanted: set[int]) -> None:
    chunks = masks(wanted)
    held = [ordinal for chunk, mask in chunks.items() for ordinal in ordinals(chunk, mask)]
    assert held == sorted(wanted)
    assert all(len(mask) == 1024 and any(mask) for mask in chunks.values())


@given(ORDINALS, ORDINALS)
def test_without_keeps_all_others(bound: set[int], removed: set[int]) -> None:
    before, gone = masks(bound), masks(removed)
    left = set()
    for chunk, mask in before.items():
        keep = without(gone[chunk]) if chunk in gone else b"\xff" * 1024
        left |= set(ordinals(chunk, bytes(map(int.__and__, mask, keep))))
    assert left == bound - removed


def test_bits_stand_where_setbit_puts_them(valkey_url: str) -> None:
    places = [0, 1, 7, 8, 9, 4_095, 8_190, 8_191]
    with redis.Redis.from_url(valkey_url) as client:
        for place in places:
            client.setbit("bits", place, 1)
        assert masks(places) == {0: client.get("bits")}
        assert client.bitcount("bits") == len(places)
        assert masks([8_192, 16_384 + 3]) == {1: b"\x80" + bytes(1023), 2: b"\x10" + bytes(1023)}
