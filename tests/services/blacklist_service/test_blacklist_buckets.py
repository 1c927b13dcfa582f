"""Where entries lie: the same place for every process and every release."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from blacklist_service.domain.buckets import BUCKETS, bucket_of
from blacklist_service.domain.entry import ListKind
from blacklist_service.domain.hashing import stable_hash

GOLDEN = [
    ("", 16476032584258269876, 9876, 376),
    ("a", 4681665781835383343, 3343, 343),
    ("wmAbCdEfGhIjKlMnOpQrStUvWxYz0123", 8919610319131701389, 1389, 389),
    ("a:b", 14660653408018693927, 13927, 427),
    ("群", 18237769483357261148, 1148, 148),
    ("\U0001f600", 17721818378930939760, 19760, 260),
    ("\u00e9", 14635220546840893743, 13743, 243),
    ("e\u0301", 4199404984407003245, 3245, 245),
]


@pytest.mark.parametrize(("text", "hashed", "enterprise", "personal"), GOLDEN)
def test_places_never_change(text: str, hashed: int, enterprise: int, personal: int) -> None:
    """What is stored was put there by these numbers."""
    assert stable_hash(text) == hashed
    assert bucket_of(ListKind.ENTERPRISE, text) == enterprise
    assert bucket_of(ListKind.PERSONAL, text) == personal


@pytest.mark.parametrize("seed", ["0", "7"])
def test_other_processes_hash_alike(seed: str) -> None:
    """Pitfall 23: Python's own hash is salted by process."""
    code = "from blacklist_service.domain.hashing import stable_hash; print(stable_hash('群'))"
    other = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(other.stdout) == stable_hash("群")


def test_buckets_of_a_full_list_stay_small() -> None:
    """Ids that differ in a few digits only are spread like chance would: no bucket far above its 100."""
    sizes = Counter(bucket_of(ListKind.PERSONAL, f"wmAbCdEfGh{number:022d}") for number in range(50_000))
    assert len(sizes) == BUCKETS[ListKind.PERSONAL]
    assert max(sizes.values()) < 150
