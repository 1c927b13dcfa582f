"""The public keys of an issuer of tokens: a JWK Set (RFC 7517) in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jwt
import msgspec

LEAST_RSA_BITS = 2048
"""RFC 7518, section 3.3."""
_ALGORITHMS: Mapping[tuple[str, str], str] = {
    ("EC", "P-256"): "ES256",
    ("RSA", ""): "RS256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""Of each sort of key, kty and crv, the one algorithm it is used with. So no token chooses: a public RSA key is never taken
for the secret of an HMAC, and `none` is no key at all."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and what it may be used with."""

    algorithm: str
    key: Any


def read_key_set(path: Path) -> Mapping[str, VerifyingKey]:
    """Reads a JWK Set; returns its keys by kid. Keys for encryption are left out.

    Raises:
        ValueError: it is no JWK Set, or holds a key that can't be used; the text says where, and nothing of the key.
    """
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{path} is no readable JSON: {error}") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError(f'{path}: an object with a list "keys" is needed')
    keys: dict[str, VerifyingKey] = {}
    for index, entry in enumerate(entries):
        place = f"{path}: keys[{index}]"
        if not isinstance(entry, dict):
            raise ValueError(f"{place}: an object is needed")
        if entry.get("use", "sig") != "sig":
            continue
        kid = entry.get("kid")
        if not isinstance(kid, str) or not kid:
            raise ValueError(f"{place}.kid: a non-empty text is needed")
        if kid in keys:
            raise ValueError(f"{place}.kid: another key has the same")
        keys[kid] = _key(place, entry)
    if not keys:
        raise ValueError(f"{path}: there is no key for signatures")
    return MappingProxyType(keys)


def _key(place: str, entry: dict[str, Any]) -> VerifyingKey:
    sort = (str(entry.get("kty")), str(entry.get("crv", "")))
    algorithm = _ALGORITHMS.get(sort)
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        raise ValueError(
            f"{place}: a key for ES256 (P-256), RS256 or EdDSA (Ed25519) is needed, not kty {sort[0][:16]!r} "
            f"crv {sort[1][:16]!r} alg {str(entry.get('alg', ''))[:16]!r}"
        )
    if "d" in entry:
        raise ValueError(f"{place}: it is a private key; servers need the public one")
    try:
        key = jwt.PyJWK(entry, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ValueError(f"{place}: it can't be read ({type(error).__name__})") from None
    if algorithm == "RS256" and key.key_size < LEAST_RSA_BITS:
        raise ValueError(
            f"{place}: an RSA key of at least {LEAST_RSA_BITS} bits is needed, not {key.key_size}"
        )
    return VerifyingKey(algorithm, key)
