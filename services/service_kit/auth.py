"""Who calls, and what the caller may do in which corp.

A caller shows a bearer token. The server knows tokens from a JSON file that holds only their hashes:

    {"tokens": [{"name": "crm", "sha256": "9f86d0…", "roles": {"ww1": ["checker", "member:zhang"], "*": ["viewer"]}}]}

`*` stands for every corp. The name is what logs and histories show.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from service_kit.errors import PermissionDenied, Unauthenticated

PLAIN_ROLES = frozenset({"super_admin", "checker", "registry", "viewer", "migrator", "service"})
"""Roles that hold in a whole corp."""
OWNING_ROLES = frozenset({"strategy_admin", "member"})
"""Roles that carry the id of what they own, as `member:zhang`."""
EVERY_CORP = "*"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Role:
    """What a caller is in a corp."""

    kind: str
    id: str = ""

    @classmethod
    def parse(cls, text: str) -> "Role":
        """Reads `super_admin` or `member:zhang`.

        Raises:
            ValueError: there is no such role.
        """
        kind, _, id = text.partition(":")
        if (kind in PLAIN_ROLES and text == kind) or (kind in OWNING_ROLES and id):
            return cls(kind, id)
        known = sorted(PLAIN_ROLES) + [f"{kind}:<id>" for kind in sorted(OWNING_ROLES)]
        raise ValueError(f"no role {text[:64]!r}; there are {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls.

    Attributes:
        name: what logs show; empty where callers need no token.
        roles: roles by corp_id, `*` for every corp.
        unrestricted: whether every role is held everywhere, as on a server without tokens.
    """

    name: str
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    unrestricted: bool = False

    def roles_in(self, corp_id: str) -> frozenset[Role]:
        """Returns the caller's roles in a corp."""
        return self.roles.get(corp_id, frozenset()) | self.roles.get(EVERY_CORP, frozenset())

    def holds(self, corp_id: str, kinds: Iterable[str]) -> bool:
        """Tells whether one of the caller's roles in the corp is of one of the kinds."""
        return self.unrestricted or any(role.kind in kinds for role in self.roles_in(corp_id))

    def is_role(self, corp_id: str, kind: str, id: str = "") -> bool:
        """Tells whether the caller has exactly this role in the corp."""
        return self.unrestricted or Role(kind, id) in self.roles_in(corp_id)


ANYONE = Caller("", unrestricted=True)
"""The caller of a server that asks for no token."""

_caller: ContextVar[Caller] = ContextVar("caller", default=ANYONE)


def caller() -> Caller:
    """Returns who made the call that is being served."""
    return _caller.get()


def set_caller(who: Caller) -> None:
    """Notes who made the call that is being served."""
    _caller.set(who)


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

    def caller(self, authorization: str) -> Caller:
        """Returns the caller that an `authorization` header names; an empty one stands for none.

        Raises:
            Unauthenticated: there is no header, or its token is unknown.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated('a header "authorization: Bearer <token>" is needed')
        digest = hashlib.sha256(token.encode()).digest()
        found = None
        for (
            known,
            who,
        ) in self._entries:  # every entry is compared, so that time tells nothing of which matched
            if hmac.compare_digest(known, digest):
                found = who
        if found is None:
            raise Unauthenticated("the token is not known")
        return found


def _entry(path: Path, index: int, entry: Any) -> tuple[str, Caller]:
    place = f"{path}: tokens[{index}]"
    if not isinstance(entry, dict) or set(entry) != {"name", "sha256", "roles"}:
        raise ValueError(f"{place}: exactly name, sha256 and roles are needed")
    name, digest, roles = entry["name"], entry["sha256"], entry["roles"]
    if not isinstance(name, str) or not name:
        raise ValueError(f"{place}.name: a non-empty text is needed")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise ValueError(f"{place}.sha256: 64 lower-case hexadecimal digits are needed")
    if not isinstance(roles, dict) or not all(isinstance(kinds, list) for kinds in roles.values()):
        raise ValueError(f"{place}.roles: an object of corp_id → list of roles is needed")
    try:
        parsed = {corp: frozenset(Role.parse(str(role)) for role in kinds) for corp, kinds in roles.items()}
    except ValueError as error:
        raise ValueError(f"{place}.roles: {error}") from None
    return digest, Caller(name, parsed)


def authorize(method: str, allowed: frozenset[str], corp_id: str) -> None:
    """Checks that the current caller holds one of the allowed role kinds in a corp.

    Raises:
        PermissionDenied: it holds none of them.
    """
    if not caller().holds(corp_id, allowed):
        wanted = ", ".join(sorted(allowed))
        name = method.rpartition("/")[2]
        raise PermissionDenied(
            f"{name} in corp {corp_id[:64]!r} needs one of the roles {wanted}", method=name, any_of=wanted
        )
