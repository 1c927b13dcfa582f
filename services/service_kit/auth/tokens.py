"""Static tokens: a JSON file that holds only their hashes.

{"tokens": [{"name": "crm", "sha256": "9f86d0…", "roles": {"ww1": ["checker", "member:zhang"], "*": ["viewer"]}}]}
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from service_kit.auth.caller import Caller, read_roles
from service_kit.auth.header import token_in
from service_kit.errors import Unauthenticated

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Tokens:
    """The tokens a server knows."""

    def __init__(self, entries: Iterable[tuple[str, Caller]]) -> None:
        self._entries = tuple((bytes.fromhex(digest), who) for digest, who in entries)

    @classmethod
    def read(cls, path: Path) -> "Tokens":
        """Reads the tokens file.

        Raises:
            ValueError: it is not of the form above; the text says where.
        """
        try:
            document = msgspec.json.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            raise ValueError(f"{path} is no readable JSON: {error}") from None
        entries = document.get("tokens") if isinstance(document, dict) else None
        if not isinstance(entries, list) or not entries:
            raise ValueError(f'{path}: an object with a non-empty list "tokens" is needed')
        return cls(_entry(path, index, entry) for index, entry in enumerate(entries))

    def find(self, token: str) -> Caller | None:
        """Returns the caller who holds a token; None if nobody does."""
        digest = hashlib.sha256(token.encode()).digest()
        found = None
        # Every entry is compared, so that time tells nothing of which matched.
        for known, who in self._entries:
            if hmac.compare_digest(known, digest):
                found = who
        return found

    def caller(self, authorization: str) -> Caller:
        """Returns the caller that an `authorization` header names; an empty one stands for none.

        Raises:
            Unauthenticated: there is no header, or its token is unknown.
        """
        found = self.find(token_in(authorization))
        if found is None:
            raise Unauthenticated("the token is not known")
        return found


def _entry(path: Path, index: int, entry: Any) -> tuple[str, Caller]:
    place = f"{path}: tokens[{index}]"
    if not isinstance(entry, dict) or set(entry) != {"name", "sha256", "roles"}:
        raise ValueError(f"{place}: exactly name, sha256 and roles are needed")
    name, digest = entry["name"], entry["sha256"]
    if not isinstance(name, str) or not name:
        raise ValueError(f"{place}.name: a non-empty text is needed")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise ValueError(f"{place}.sha256: 64 lower-case hexadecimal digits are needed")
    try:
        return digest, Caller(name, read_roles(entry["roles"]))
    except ValueError as error:
        raise ValueError(f"{place}.roles: {error}") from None
