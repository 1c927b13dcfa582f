"""Callers and their roles.

Roles are written `{corp_id: [role, …]}`, as `{"ww1": ["checker", "member:zhang"], "*": ["viewer"]}`; `*` stands for every corp.
"""

import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from service_kit.errors import PermissionDenied, Unauthenticated

PLAIN_ROLES = frozenset({"super_admin", "checker", "registry", "viewer", "migrator", "service"})
"""Roles that hold in a whole corp."""
OWNING_ROLES = frozenset({"strategy_admin", "member"})
"""Roles that carry the id of what they own, as `member:zhang`."""
EVERY_CORP = "*"


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


def read_roles(roles: object) -> Mapping[str, frozenset[Role]]:
    """Reads roles by corp from what JSON holds.

    Raises:
        ValueError: they are of another form, or one of them does not exist.
    """
    if not isinstance(roles, dict) or not all(isinstance(kinds, list) for kinds in roles.values()):
        raise ValueError("an object of corp_id → list of roles is needed")
    return {str(corp): frozenset(Role.parse(str(role)) for role in kinds) for corp, kinds in roles.items()}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls.

    Attributes:
        name: what logs and histories show; empty where callers need no token.
        roles: roles by corp_id, `*` for every corp.
        unrestricted: whether every role is held everywhere, as on a server without tokens.
        expires_at: seconds since 1970 from which the caller's token is worth nothing; None for no end.
    """

    name: str
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    unrestricted: bool = False
    expires_at: float | None = None

    def roles_in(self, corp_id: str) -> frozenset[Role]:
        """Returns the caller's roles in a corp."""
        return self.roles.get(corp_id, frozenset()) | self.roles.get(EVERY_CORP, frozenset())

    def holds(self, corp_id: str, kinds: Iterable[str]) -> bool:
        """Tells whether one of the caller's roles in the corp is of one of the kinds."""
        return self.unrestricted or any(role.kind in kinds for role in self.roles_in(corp_id))

    def is_role(self, corp_id: str, kind: str, id: str = "") -> bool:
        """Tells whether the caller has exactly this role in the corp."""
        return self.unrestricted or Role(kind, id) in self.roles_in(corp_id)

    def is_service(self, corp_id: str) -> bool:
        """Tells whether the caller is one of our own services."""
        return Role("service") in self.roles_in(corp_id)

    def has_expired(self) -> bool:
        """Tells whether the caller's token is worth nothing any more."""
        return self.expires_at is not None and time.time() >= self.expires_at

    def require_unexpired(self) -> None:
        """Checks that the caller's token still holds, which may end while a stream is open.

        Raises:
            Unauthenticated: it does not.
        """
        if self.has_expired():
            raise Unauthenticated("the token has expired")


ANYONE = Caller("", unrestricted=True)
"""The caller of a server that asks for no token."""

_caller: ContextVar[Caller] = ContextVar("caller", default=ANYONE)


def caller() -> Caller:
    """Returns who made the call that is being served."""
    return _caller.get()


def set_caller(who: Caller) -> None:
    """Notes who made the call that is being served."""
    _caller.set(who)


def authorize(method: str, allowed: frozenset[str], corp_id: str) -> None:
    """Checks that the current caller holds one of the allowed role kinds in a corp, now.

    Raises:
        Unauthenticated: the caller's token has expired.
        PermissionDenied: it holds none of them.
    """
    who = caller()
    who.require_unexpired()
    if not who.holds(corp_id, allowed):
        wanted = ", ".join(sorted(allowed))
        name = method.rpartition("/")[2]
        raise PermissionDenied(
            f"{name} in corp {corp_id[:64]!r} needs one of the roles {wanted}", method=name, any_of=wanted
        )
