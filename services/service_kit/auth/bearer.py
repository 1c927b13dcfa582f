"""All tokens that a server takes, static and signed, and those it has verified already.

Verifying a signature costs 50 to 200 µs, remembering one microsecond. A caller is remembered until its token expires, and not
beyond a change of the files: a token that is taken out of them is refused from then on.
"""

import hashlib
from typing import Protocol

from service_kit.auth.caller import Caller
from service_kit.auth.header import token_in
from service_kit.auth.signed_tokens import SignedTokens
from service_kit.auth.tokens import Tokens
from service_kit.errors import Unauthenticated
from service_kit.watched import Watched

MOST_VERIFIED = 10_000
"""Callers that are remembered, some 10 MB; the one remembered longest goes first."""


class Callers(Protocol):
    """Knows who calls."""

    def caller(self, authorization: str) -> Caller:
        """Returns the caller that an `authorization` header names; an empty one stands for none.

        Raises:
            Unauthenticated: it names nobody who is known.
        """


class BearerTokens:
    """See `Callers`."""

    def __init__(
        self, static: Watched[Tokens] | None, signed: Watched[SignedTokens] | None, most: int = MOST_VERIFIED
    ) -> None:
        """Knows nobody yet; remembers `most` callers."""
        self._static = static
        self._signed = signed
        self._most = most
        self._verified: dict[bytes, Caller] = {}
        self._sources: tuple[Tokens | None, SignedTokens | None] = (None, None)

    def caller(self, authorization: str) -> Caller:
        token = token_in(authorization)
        static = self._static.current() if self._static else None
        signed = self._signed.current() if self._signed else None
        if static is not self._sources[0] or signed is not self._sources[1]:
            self._verified.clear()
            self._sources = (static, signed)
        digest = hashlib.sha256(token.encode()).digest()
        who = self._verified.get(digest)
        if who is not None:
            if not who.has_expired():
                return who
            del self._verified[digest]
        who = (static.find(token) if static else None) or (signed.find(token) if signed else None)
        if who is None:
            raise Unauthenticated("the token is not known")
        if len(self._verified) >= self._most:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = who
        return who
