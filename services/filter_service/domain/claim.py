"""What the rules that were hit ask for, and what follows from it."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from filter_service.domain.rule import Action, ActionKind, Blacklist
from filter_service.domain.verdict import NO_EFFECTS, Effects
from filter_service.domain.warning import render_warning

KICKING = (ActionKind.KICK, ActionKind.WARN_AND_KICK)
_rule_id = attrgetter("rule_id")


class Claim(NamedTuple):
    """What one rule asks for that was hit."""

    rule_id: str
    revision: int
    action: Action
    shadow: bool = False
    frequency: int = 0
    """Messages counted, where they are too many; else 0."""
    repeat: int = 0
    strikes: int = 0
    """Hits within a day, where the rule kicks after warnings."""

    @property
    def kicks(self) -> bool:
        """Whether the sender is to go: at once, or since the warnings were enough."""
        if self.action.kind is ActionKind.KICK_AFTER_WARNINGS:
            return self.strikes > self.action.warnings_before_kick
        return self.action.kind in KICKING

    @property
    def is_in_full(self) -> bool:
        """Whether all that the rule asks follows; a customer who is only warned for now is not blacklisted."""
        return self.kicks or self.action.kind is ActionKind.WARN

    @property
    def strength(self) -> int:
        """Whose warning comes first: the higher."""
        if self.action.kind is ActionKind.WARN_AND_KICK:
            return 3
        return 2 if self.kicks else 1


def effects_of(claims: Sequence[Claim], owner_userid: str, shown: str) -> Effects:
    """Merges what the enforced rules among the claims ask for.

    Args:
        claims: of all rules that were hit.
        owner_userid: whose list a PERSONAL blacklisting means.
        shown: stands for the sender's nickname in the warning.
    """
    acting = [claim for claim in claims if not claim.shadow]
    if not acting:
        return NO_EFFECTS
    kick, blacklist = False, Blacklist.NONE
    warning = listing = None
    for claim in sorted(acting, key=_rule_id):  # of equals the first one counts
        action = claim.action
        kick = kick or claim.kicks
        if action.warning_text and (warning is None or claim.strength > warning.strength):
            warning = claim
        if action.add_to_blacklist.value > blacklist.value and claim.is_in_full:
            listing, blacklist = claim, action.add_to_blacklist
    return Effects(
        kick,
        render_warning(warning.action.warning_text, shown) if warning else "",
        warning.rule_id if warning else "",
        blacklist,
        listing.rule_id if listing else "",
        owner_userid if listing else "",
    )
