"""Who calls, and what the caller may do in which corp.

A caller shows a bearer token. The server knows it either from a file of static tokens (`tokens`) or by the signature of an
issuer whose public keys it has (`signed_tokens`); `bearer` puts both together and remembers what it verified.
"""

from service_kit.auth.bearer import BearerTokens, Callers
from service_kit.auth.caller import (
    ANYONE,
    EVERY_CORP,
    OWNING_ROLES,
    PLAIN_ROLES,
    Caller,
    Role,
    authorize,
    caller,
    read_roles,
    set_caller,
)
from service_kit.auth.signed_tokens import Issuer, SignedTokens
from service_kit.auth.tokens import Tokens

__all__ = [
    "ANYONE",
    "EVERY_CORP",
    "OWNING_ROLES",
    "PLAIN_ROLES",
    "BearerTokens",
    "Caller",
    "Callers",
    "Issuer",
    "Role",
    "SignedTokens",
    "Tokens",
    "authorize",
    "caller",
    "read_roles",
    "set_caller",
]
