"""Rules that name a customer as a sender, and how they forget it."""

from dataclasses import replace

from rule_service.domain.conditions import Conditions, SenderSelector

FORGOTTEN = "(forgotten)"
"""Stands where a forgotten customer stood. Nobody is called so: a rule whose only sender was just taken out would hold for everybody."""


def names_sender(conditions: Conditions, external_userid: str) -> bool:
    """Tells whether conditions select a customer by its id."""
    selecting = (conditions.frequency, conditions.repeat, conditions.muted_senders)
    return any(it is not None and external_userid in it.senders.external_userids for it in selecting)


def without_sender(conditions: Conditions, external_userid: str) -> Conditions:
    """Returns conditions that say the same of everybody else."""

    def forget(senders: SenderSelector) -> SenderSelector:
        ids = (FORGOTTEN if id == external_userid else id for id in senders.external_userids)
        return replace(senders, external_userids=tuple(dict.fromkeys(ids)))

    frequency, repeat, muted = conditions.frequency, conditions.repeat, conditions.muted_senders
    return replace(
        conditions,
        frequency=frequency and replace(frequency, senders=forget(frequency.senders)),
        repeat=repeat and replace(repeat, senders=forget(repeat.senders)),
        muted_senders=muted and replace(muted, senders=forget(muted.senders)),
    )
