"""The stored form of the filter: what one process wrote, every other process and every later release reads."""

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_kit.bloom import Bits, Header, Shape, capacity_for, chain_after, checksum, digest, digests
from service_kit.revision import Revision

GOLDEN = [
    ("", "a", "81b36a4468495f04ff472115cf189272"),
    ("a", "", "5c787392b17e7feb31e1db40f3229767"),
    ("", "wmAbCdEfGhIjKlMnOpQrStUvWxYz0123", "153e04454e1f7bcf1dc757a82032b8aa"),
    ("zhang", "wm1", "b09db40be301d76b5c4172df2dac0250"),
    ("zhangw", "m1", "05687aed9c66eeec5b8c7b2b7972401f"),
    ("群", "\U0001f600", "a21884f8aeba6d141d96f1834737c2e1"),
]
GOLDEN_BITS = (
    "813181400008046130fc1f86812322820e0a040002092100a0000c82980b9e032d840800012080089206188"
    "2a30241088805a4b000a0110a200aaa2b10100820122201040840422ac808c440410e214c227a0482049248"
    "422d0e38440800040040818107"
)
_ids = st.text(min_size=1, max_size=6)


@pytest.mark.parametrize(("owner", "customer", "expected"), GOLDEN)
def test_digests_never_change(owner: str, customer: str, expected: str) -> None:
    """What is published was made of them."""
    assert digest(owner, customer).hex() == expected


def test_bits_never_change() -> None:
    """Twenty customers in 800 bits, the blob's checksum, and the chain of a record."""
    bits = Bits.empty(Shape(800, 11))
    bits.add(digests("zhang", [f"wm{number}" for number in range(20)]))
    assert bits.blob.hex() == GOLDEN_BITS
    assert checksum(bits.blob) == "f26b009da14cb5b0402a2be4927bb0b5"
    assert chain_after("0", 1, 0, digest("", "a")) == "04631b180531879c"


@pytest.mark.parametrize("seed", ["0", "7"])
def test_two_processes_make_the_same_bits(seed: str) -> None:
    """Pitfall 23: nothing is salted."""
    code = (
        "from service_kit.bloom import Bits, Shape, digests; bits = Bits.empty(Shape(800, 11)); "
        "bits.add(digests('zhang', [f'wm{number}' for number in range(20)])); print(bits.blob.hex())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == GOLDEN_BITS


@settings(deadline=None, max_examples=50)
@given(st.sets(st.tuples(st.one_of(st.just(""), _ids), _ids)))
def test_different_customers_and_lists_have_different_digests(pairs: set[tuple[str, str]]) -> None:
    """Pitfall 19: no owner and customer run into each other."""
    assert len({digest(owner, customer) for owner, customer in pairs}) == len(pairs)


@settings(deadline=None, max_examples=50)
@given(st.sets(_ids), st.sets(_ids), st.integers(1, 60))
def test_who_was_added_is_never_missed(first: set[str], second: set[str], bytes_: int) -> None:
    """In filters of any size, filled at once or little by little; one by one and all at once they are counted alike."""
    bits = Bits.empty(Shape(8 * bytes_, 11))
    for added in (first, second):
        bits.add(digests("", added))
    everybody = first | second | {f"stranger {number}" for number in range(20)}
    assert all(digest("", customer) in bits for customer in first | second)
    assert bits.count(digests("", everybody)) == sum(digest("", it) in bits for it in everybody)
    reread = Bits(bits.shape, bytearray(bits.blob))
    assert [digest("", it) in reread for it in everybody] == [digest("", it) in bits for it in everybody]


def test_a_full_filter_is_mistaken_as_often_as_predicted() -> None:
    """0.05 % with as many entries as it is made for; similar ids are spread like any."""
    count = 20_000
    shape = Shape.of(count)
    assert shape.mistaken(count) == pytest.approx(0.0005, rel=0.02)
    bits = Bits.empty(shape)
    bits.add(digests("", (f"wm{number:030d}" for number in range(count))))
    strangers = 200_000
    mistaken = bits.count(digests("", (f"wm{number:030d}" for number in range(count, count + strangers))))
    assert 0.0003 < mistaken / strangers < 0.0007


def test_a_filter_of_a_full_enterprise_list_takes_at_most_four_mib() -> None:
    """With room for what comes until it is made anew."""
    assert Shape.of(capacity_for(2_000_000)).bytes <= 4 * 1024 * 1024
    assert capacity_for(0) == 1_000


def test_header_is_read_as_written() -> None:
    """Through the text that the store makes of it; anything else is refused."""
    header = Header(
        7,
        Revision(12, "ab12"),
        Shape(800, 11),
        50,
        20,
        "f26b",
        published_at=1_764_000_000.25,
        observed=0.00052,
    )
    flat = [str(part).encode() for part in header.fields()]
    stored = dict(zip(flat[::2], flat[1::2], strict=True))
    assert Header.read(stored) == header
    for name in stored:
        with pytest.raises((KeyError, ValueError)):
            Header.read({key: value for key, value in stored.items() if key != name})
    with pytest.raises(ValueError, match="bits"):
        Header.read(stored | {b"bits": b"801"})
