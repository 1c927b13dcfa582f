"""Whose rules and lists commands are about."""

import typer

from groupguard.rule.v1.rule_pb2 import OWNER_KIND_MEMBER, OWNER_KIND_STRATEGY, OWNER_KIND_SUPER_ADMIN, Owner


def owner_named(userid: str, strategy_id: str = "") -> Owner | None:
    """Returns the owner that `--owner` or `--strategy` names, or None if neither is given."""
    if userid and strategy_id:
        raise typer.BadParameter("give --owner or --strategy, not both", param_hint="--strategy")
    if strategy_id:
        return Owner(kind=OWNER_KIND_STRATEGY, strategy_id=strategy_id)
    return Owner(kind=OWNER_KIND_MEMBER, userid=userid) if userid else None


def owner_or_admins(userid: str, strategy_id: str = "") -> Owner:
    """Returns the owner named, or the super administrators."""
    return owner_named(userid, strategy_id) or Owner(kind=OWNER_KIND_SUPER_ADMIN)
