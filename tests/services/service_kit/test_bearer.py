"""Static and signed tokens together, verified once."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from pathlib import Path

import pytest

from service_kit import auth
from service_kit.errors import Unauthenticated
from service_kit.watched import Watched
from support import issuer


def write_tokens(path: Path, *names: str) -> Path:
    entries = [
        {"name": name, "sha256": sha256(name.encode()).hexdigest(), "roles": {"ww1": ["viewer"]}}
        for name in names
    ]
    path.write_text(json.dumps({"tokens": entries}), "utf-8")
    return path


class Counting(auth.SignedTokens):
    """Counts how often a signature is verified."""

    verified = 0

    def find(self, token: str) -> auth.Caller | None:
        Counting.verified += 1
        return super().find(token)


class Both:
    """A server's two files."""

    def __init__(self, folder: Path, most: int = 100) -> None:
        Counting.verified = 0
        self.tokens = write_tokens(folder / "tokens.json", "one", "two")
        self.keys = issuer.write_key_set(folder / "jwks.json")
        who = auth.Issuer(issuer.NAME, issuer.AUDIENCE)
        self.known = auth.BearerTokens(
            Watched([self.tokens], lambda: auth.Tokens.read(self.tokens), interval=0),
            Watched([self.keys], lambda: Counting.read(self.keys, who), interval=0),
            most,
        )

    def name(self, token: str) -> str:
        return self.known.caller(f"Bearer {token}").name


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def test_both_sorts_of_token_are_taken_and_no_other(both: Both) -> None:
    assert both.name("one") == "one"
    assert both.name(issuer.sign(sub="billing")) == "billing"
    for token in ("three", issuer.sign(which=1), "a.b.c"):
        with pytest.raises(Unauthenticated):
            both.name(token)
    with pytest.raises(Unauthenticated, match="header"):
        both.known.caller("")


def test_a_signature_is_verified_once(both: Both) -> None:
    token = issuer.sign()
    assert [both.name(token) for _ in range(50)] == ["crm"] * 50
    assert Counting.verified == 1


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    both = Both(tmp_path, most=2)
    tokens = [issuer.sign(sub=name) for name in ("a", "b", "c")]
    for token in [*tokens, *tokens]:
        both.name(token)
    assert Counting.verified == 6
    both.name(tokens[2])
    assert Counting.verified == 6


def test_what_is_remembered_ends_with_the_token(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is looked at anew, by a library that has the system's clock."""
    token = issuer.sign(exp=int(time.time()) + 60)
    both.name(token)
    now = time.time()
    for later, verified in ((59, 1), (71, 2)):
        monkeypatch.setattr(time, "time", lambda later=later: now + later)
        both.name(token)
        assert Counting.verified == verified


def test_a_static_token_that_is_taken_out_is_refused_from_then_on(both: Both) -> None:
    assert both.name("one") == both.name("one") == "one"
    write_tokens(both.tokens, "two", "three")
    with pytest.raises(Unauthenticated):
        both.name("one")
    assert both.name("three") == "three"


def test_a_key_that_is_taken_out_ends_what_it_signed(both: Both) -> None:
    old = issuer.sign("ES256")
    assert both.name(old) == both.name(issuer.sign("EdDSA")) == "crm"
    issuer.write_key_set(both.keys, issuer.public_jwk("EdDSA"), issuer.public_jwk("ES256", 1, kid="next"))
    with pytest.raises(Unauthenticated):
        both.name(old)
    assert both.name(issuer.sign("EdDSA")) == "crm"
    assert both.name(issuer.sign("ES256", which=1, headers={"kid": "next"})) == "crm"


def test_a_broken_file_changes_nothing(both: Both) -> None:
    both.tokens.write_text("{", "utf-8")
    both.keys.write_text("{}", "utf-8")
    assert both.name("one") == "one"
    assert both.name(issuer.sign()) == "crm"
