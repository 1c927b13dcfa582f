"""Carrying verdicts out: what a company implements, and what is done when."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from groupguard.filter.v1.verdict_pb2 import Verdict

_log = logging.getLogger("groupguard_client.wecom")


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody a verdict is about, and why."""

    corp_id: str
    chat_id: str
    external_userid: str
    id: str
    """The record's message_id, or the id of the event; the same if the case comes again, after a restart for instance."""
    verdicts: tuple[Verdict, ...]
    """One for each piece of a message that was larger than a message may be; else one."""

    @property
    def kick(self) -> bool:
        """Whether the customer is to be removed from the group."""
        return any(verdict.effects.kick for verdict in self.verdicts)

    @property
    def warning(self) -> str:
        """What to say in the group; empty for nothing. Of several warnings that of a verdict that kicks, else the first."""
        by_weight = sorted(self.verdicts, key=lambda verdict: not verdict.effects.kick)
        return next((it.effects.warning_text for it in by_weight if it.effects.warning_text), "")

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules that were hit, each once."""
        hits = (hit.rule_id for verdict in self.verdicts for hit in verdict.hits)
        return tuple(dict.fromkeys(hits))


class Enforcer(Protocol):
    """What a company does about a verdict; WeCom has no API for it, so it is the company's own robot or staff.

    Each method may be called again with the same case, when a program was stopped between doing and noting it: whoever
    must not warn twice remembers the case's id. What a method raises ends the run, and the case comes again.
    """

    async def warn(self, case: Case, text: str) -> None:
        """Says the text in the group."""

    async def kick(self, case: Case) -> None:
        """Removes the customer from the group."""

    async def refuse(self, case: Case) -> None:
        """Removes a customer who must not get in and just did: WeCom tells of joins when they have happened."""


async def enforce(case: Case, enforcer: Enforcer, *, joined: bool = False) -> None:
    """Has done what a case asks for: the warning first, since it is for those who stay."""
    if case.warning:
        await enforcer.warn(case, case.warning)
    if case.kick:
        await (enforcer.refuse(case) if joined else enforcer.kick(case))


class LoggingEnforcer:
    """Does nothing but log what it would do, without what was said and without who said it."""

    async def warn(self, case: Case, text: str) -> None:
        """Logs the warning."""
        self._note("warn", case, ": " + text)

    async def kick(self, case: Case) -> None:
        """Logs the removal."""
        self._note("kick", case)

    async def refuse(self, case: Case) -> None:
        """Logs the refusal."""
        self._note("refuse", case)

    def _note(self, what: str, case: Case, more: str = "") -> None:
        by = ", ".join(case.rule_ids) or "a blacklist"
        _log.info("would %s in %s for %s by %s%s", what, case.chat_id, case.id, by, more)


def needs_enforcing(verdicts: Sequence[Verdict]) -> bool:
    """Tells whether anything is to be done."""
    return any(verdict.effects.kick or verdict.effects.warning_text for verdict in verdicts)
