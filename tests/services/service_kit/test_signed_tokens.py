"""JWTs: whose are taken, and what is not enough."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from jwt import algorithms

from service_kit.auth import Issuer, Role, SignedTokens
from service_kit.errors import Unauthenticated
from support import issuer

ISSUER = Issuer(issuer.NAME, issuer.AUDIENCE)


@pytest.fixture
def known(tmp_path: Path) -> SignedTokens:
    return SignedTokens.read(issuer.write_key_set(tmp_path / "jwks.json"), ISSUER)


@pytest.mark.parametrize("algorithm", issuer.ALGORITHMS)
def test_a_token_signed_with_a_key_of_the_issuer_names_its_caller(
    known: SignedTokens, algorithm: str
) -> None:
    until = int(time.time()) + 60
    who = known.find(issuer.sign(algorithm, exp=until, roles={"ww1": ["member:zhang"], "*": ["viewer"]}))
    assert who is not None
    assert who.name == "crm"
    assert who.roles_in("ww1") == {Role("member", "zhang"), Role("viewer")}
    assert who.expires_at is not None
    assert until <= who.expires_at <= until + 10


def test_an_audience_may_be_one_of_several(known: SignedTokens) -> None:
    assert known.find(issuer.sign(aud=["billing", issuer.AUDIENCE]))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"aud": "billing"}, "Audience"),
        ({"aud": None}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": 1}, "expired"),
        ({"exp": "soon"}, "exp"),
        ({"nbf": 32_503_680_000}, "not yet valid"),
        ({"iat": 32_503_680_000}, "not yet valid"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"roles": None}, "roles"),
        ({"roles": ["viewer"]}, "object of corp_id"),
        ({"roles": {"ww1": "viewer"}}, "object of corp_id"),
        ({"roles": {"ww1": ["root"]}}, "no role 'root'"),
        ({"exp": float("inf")}, "."),
    ],
    ids=str,
)
def test_every_claim_is_needed_and_must_be_right(
    known: SignedTokens, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(Unauthenticated, match=why):
        known.find(issuer.sign(**changed))


def test_a_clock_may_differ_a_little(known: SignedTokens) -> None:
    now = int(time.time())
    assert known.find(issuer.sign(exp=now - 5))
    assert known.find(issuer.sign(nbf=now + 5, iat=now + 5))
    with pytest.raises(Unauthenticated):
        known.find(issuer.sign(exp=now - 11))


def test_a_key_that_the_issuer_does_not_have_signs_nothing(known: SignedTokens) -> None:
    """Neither under a kid of its own, nor under another's, nor without one."""
    for headers in ({"kid": "other"}, {"kid": ""}):
        with pytest.raises(Unauthenticated, match="kid"):
            known.find(issuer.sign(headers=headers))
    with pytest.raises(Unauthenticated, match="Signature"):
        known.find(issuer.sign(which=1))
    with pytest.raises(Unauthenticated, match="alg must be RS256"):
        known.find(issuer.sign("ES256", headers={"kid": "RS256"}))
    anonymous = jwt.encode(issuer.claims(), issuer.private_key("ES256"), "ES256")
    with pytest.raises(Unauthenticated, match="kid"):
        known.find(anonymous)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_no_token_goes_unsigned(known: SignedTokens) -> None:
    for algorithm in ("none", "None", ""):
        header = encoded({"alg": algorithm, "typ": "JWT", "kid": "ES256"})
        with pytest.raises(Unauthenticated, match="alg must be ES256"):
            known.find(f"{header}.{encoded(issuer.claims())}.")


@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_a_public_key_is_no_secret_of_an_hmac(known: SignedTokens, form: str) -> None:
    """What everybody knows must not sign."""
    public = issuer.private_key("RS256").public_key()
    secret = (
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        if form == "pem"
        else str(algorithms.RSAAlgorithm.to_jwk(public)).encode()
    )
    for algorithm in ("HS256", "RS256"):
        signed = f"{encoded({'alg': algorithm, 'kid': 'RS256'})}.{encoded(issuer.claims())}"
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        forged = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(Unauthenticated):
            known.find(forged)


def test_a_changed_token_is_worth_nothing(known: SignedTokens) -> None:
    header, _, signature = issuer.sign().split(".")
    more = encoded(issuer.claims(roles={"*": ["super_admin"]}))
    with pytest.raises(Unauthenticated, match="Signature"):
        known.find(f"{header}.{more}.{signature}")


@pytest.mark.parametrize("extension", [{"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": True}])
def test_a_token_that_asks_for_extensions_is_refused(known: SignedTokens, extension: dict[str, Any]) -> None:
    """RFC 7515, section 4.1.11: what is critical must be understood."""
    try:
        who = known.find(issuer.sign(headers=extension))
    except Unauthenticated:
        who = None
    assert who is None


@pytest.mark.parametrize("token", ["gg_abc", "a.b.c", "..", "a.b", "é.é.é"])
def test_what_is_no_jwt_is_left_to_others(known: SignedTokens, token: str) -> None:
    assert known.find(token) is None


def test_nesting_beyond_measure_is_no_fault_of_ours(known: SignedTokens) -> None:
    deep = base64.urlsafe_b64encode(b'{"kid":' + b"[" * 5000).rstrip(b"=").decode()
    assert known.find(f"{deep}.e30.e30") is None


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ([{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}], "keys[0]: a key for ES256"),
        ([issuer.public_jwk("ES256", kid="")], "keys[0].kid"),
        ([issuer.public_jwk("ES256"), issuer.public_jwk("EdDSA", kid="ES256")], "keys[1].kid: another key"),
        ([issuer.public_jwk("ES256", alg="HS256")], "alg 'HS256'"),
        ([issuer.public_jwk("ES256", crv="P-384")], "crv 'P-384'"),
        ([issuer.public_jwk("ES256", x="AAAA")], "keys[0]: it can't be read"),
        ([{"kty": "RSA", "kid": "a", "n": "zzz", "e": "AQAB"}], "keys[0]: "),
        ([issuer.public_jwk("EdDSA", d="c2VjcmV0")], "it is a private key"),
        ([issuer.public_jwk("ES256", use="enc")], "there is no key for signatures"),
        (["ES256"], "keys[0]: an object"),
    ],
)
def test_a_key_set_that_can_not_be_used_is_refused_with_the_place(
    tmp_path: Path, keys: list[Any], where: str
) -> None:
    file = issuer.write_key_set(tmp_path / "jwks.json", *keys)
    with pytest.raises(ValueError, match=r"jwks\.json") as caught:
        SignedTokens.read(file, ISSUER)
    assert where in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"keys": {}}'])
def test_what_is_no_key_set_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"jwks\.json"):
        SignedTokens.read(file, ISSUER)


def test_a_weak_rsa_key_is_refused(tmp_path: Path) -> None:
    weak = json.loads(str(algorithms.RSAAlgorithm.to_jwk(issuer.private_key("RS256", 0, 1024).public_key())))
    file = issuer.write_key_set(tmp_path / "jwks.json", {**weak, "kid": "weak"})
    with pytest.raises(ValueError, match="at least 2048 bits"):
        SignedTokens.read(file, ISSUER)
