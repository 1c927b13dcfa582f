"""Signed tokens: JWTs (RFC 7519) of one issuer, verified by its public keys.

    {"iss": "https://id.example", "aud": "groupguard", "sub": "crm", "exp": 1900000000, "roles": {"ww1": ["checker"]}}

All of these claims are needed; `nbf` and `iat` are honoured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from service_kit.auth.caller import Caller, read_roles
from service_kit.auth.key_set import VerifyingKey, read_key_set
from service_kit.errors import Unauthenticated

LEEWAY_SECONDS = 10.0
"""By how much the issuer's clock may differ from ours."""
_CLAIMS = ("iss", "aud", "sub", "exp", "roles")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are taken, and for whom they must be."""

    name: str
    """`iss` of every token."""
    audience: str
    """What `aud` of every token is or holds."""


class SignedTokens:
    """The tokens of one issuer."""

    def __init__(self, keys: Mapping[str, VerifyingKey], issuer: Issuer) -> None:
        """Takes the issuer's keys by kid."""
        self._keys = keys
        self._issuer = issuer

    @classmethod
    def read(cls, path: Path, issuer: Issuer) -> "SignedTokens":
        """Reads the issuer's JWK Set.

        Raises:
            ValueError: it is none, or holds a key that can't be used.
        """
        return cls(read_key_set(path), issuer)

    def find(self, token: str) -> Caller | None:
        """Returns the caller whom a token names; None if it is no JWT at all.

        Raises:
            Unauthenticated: it is one, but not to be trusted; the text says why.
        """
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, RecursionError):  # JSON may be nested deeper than Python reads
            return None
        key = self._keys.get(str(header.get("kid", "")))
        if key is None:
            raise Unauthenticated("the token's kid names no key of the issuer")
        if header.get("alg") != key.algorithm:
            raise Unauthenticated(f"the token's alg must be {key.algorithm}, as its key's is")
        if "crit" in header:
            raise Unauthenticated("the token's crit asks for what is not known here")
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                issuer=self._issuer.name,
                audience=self._issuer.audience,
                leeway=LEEWAY_SECONDS,
                options={"require": list(_CLAIMS)},
            )
            return _caller(claims)
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"the token is not to be trusted: {error}") from None
        except (ValueError, OverflowError, RecursionError) as error:
            raise Unauthenticated(f"the token's claims are wrong: {error}") from None


def _caller(claims: Mapping[str, Any]) -> Caller:
    if not claims["sub"]:
        raise ValueError("sub: a non-empty text is needed")
    return Caller(
        claims["sub"], read_roles(claims["roles"]), expires_at=float(claims["exp"]) + LEEWAY_SECONDS
    )
