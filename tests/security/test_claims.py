"""SECURITY.md claims nothing that no test proves."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from support.services import ROOT

TESTS = Path(__file__).parents[1]


def load_claims() -> dict[str, list[str]]:
    spec = importlib.util.spec_from_file_location("claims", Path(__file__).with_name("claims.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    claims: dict[str, list[str]] = module.CLAIMS
    return claims


CLAIMS = load_claims()


def test_every_claim_has_a_proof_and_every_proof_a_claim() -> None:
    claimed = re.findall(r"^- \*\*(S\d+)\*\* ", (ROOT / "SECURITY.md").read_text("utf-8"), re.MULTILINE)
    assert claimed == [f"S{number}" for number in range(1, len(claimed) + 1)]
    assert list(CLAIMS) == claimed


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_proves_a_claim_is_there(claim: str) -> None:
    assert CLAIMS[claim]
    for proof in CLAIMS[claim]:
        path, _, test = proof.partition("::")
        text = (TESTS / path).read_text("utf-8")
        assert re.search(rf"^(?:async )?def {test or 'test_'}", text, re.MULTILINE), proof
