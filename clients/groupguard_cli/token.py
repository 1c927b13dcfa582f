"""`groupguard token`: makes a bearer token and the entry that a server knows it by."""

import hashlib
import json
import secrets
import sys
from typing import Annotated

import typer

ROLES = ("super_admin", "checker", "registry", "viewer", "migrator", "service")
"""Roles as servers know them."""
OWNER_ROLES = ("strategy_admin", "member")
"""Roles that carry the id of what they own."""


def token(
    name: Annotated[str, typer.Argument(help="Who will use it; shown in logs.")],
    roles: Annotated[
        list[str],
        typer.Option(
            "--role",
            metavar="CORP=ROLE",
            help="As ww1=checker, ww1=member:zhang or '*=service'; may be given several times.",
        ),
    ],
) -> None:
    """Make a bearer token.

    The token goes to standard output, once: give it to the caller. The entry for the servers' tokens file
    (GROUPGUARD_TOKENS_FILE), which holds only a hash, goes to standard error.

    Examples:
        groupguard token crm --role ww1=checker 2> tokens.json > crm.token
    """
    by_corp: dict[str, list[str]] = {}
    for role in roles:
        corp, equals, kind = role.partition("=")
        if not equals or not corp or not kind:
            raise typer.BadParameter(f"CORP=ROLE is needed, not {role!r}", param_hint="--role")
        sort, _, id = kind.partition(":")
        if not (kind in ROLES or (sort in OWNER_ROLES and id)):
            known = ", ".join((*ROLES, *(f"{each}:<id>" for each in OWNER_ROLES)))
            raise typer.BadParameter(f"there is no role {kind!r}, but {known}", param_hint="--role")
        by_corp.setdefault(corp, []).append(kind)
    made = f"gg_{secrets.token_urlsafe(32)}"
    entry = {"name": name, "sha256": hashlib.sha256(made.encode()).hexdigest(), "roles": by_corp}
    print(json.dumps({"tokens": [entry]}, ensure_ascii=False, indent=2), file=sys.stderr)
    print(made)
