"""An issuer of JWTs, with keys of every sort, as a company's identity provider would be."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import algorithms

NAME = "https://id.example"
AUDIENCE = "groupguard"
ALGORITHMS = ("ES256", "RS256", "EdDSA")


@cache
def private_key(algorithm: str, which: int = 0, bits: int = 2048) -> Any:
    """A key that stays the same in one run of the tests; RSA keys take long to make."""
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "RS256":
            return rsa.generate_private_key(65537, bits)
        case _:
            return ed25519.Ed25519PrivateKey.generate()


def public_jwk(algorithm: str, which: int = 0, **fields: Any) -> dict[str, Any]:
    """The public half as a JWK; its kid is the algorithm's name."""
    key = private_key(algorithm, which).public_key()
    make: Any = {
        "ES256": algorithms.ECAlgorithm,
        "RS256": algorithms.RSAAlgorithm,
        "EdDSA": algorithms.OKPAlgorithm,
    }[algorithm]
    return {**json.loads(make.to_jwk(key)), "kid": algorithm, "use": "sig", **fields}


def write_key_set(path: Path, *keys: Mapping[str, Any]) -> Path:
    """Writes a JWK Set: of one key of each sort unless told otherwise."""
    path.write_text(json.dumps({"keys": list(keys) or [public_jwk(it) for it in ALGORITHMS]}), "utf-8")
    return path


def claims(**changed: Any) -> dict[str, Any]:
    """Claims that are taken; a changed one that is None is left out."""
    whole = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "crm",
        "exp": int(time.time()) + 600,
        "roles": {"ww1": ["viewer"]},
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def sign(
    algorithm: str = "ES256",
    *,
    which: int = 0,
    headers: Mapping[str, Any] | None = None,
    **changed: Any,
) -> str:
    """A token of the issuer."""
    return jwt.encode(
        claims(**changed),
        private_key(algorithm, which),
        algorithm,
        headers={"kid": algorithm, **(headers or {})},
    )
