"""What a corp of RuleService may hold: the documented numbers, as rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from google.protobuf.message import Message

from groupguard.rule.v1 import rule_pb2
from groupguard_client import Failure
from rule_service.domain.rule import Owner, OwnerKind
from support import rule_requests as ask
from support.limited_corp import LimitedCorp
from support.rules import ADMINS, CORP, asked, member, strategy

SEVEN, ZHANG = Owner(OwnerKind.STRATEGY, "7"), Owner(OwnerKind.MEMBER, "zhang")


@dataclass(frozen=True)
class Quota:
    """How many of something there may be in a corp."""

    what: str
    """As the error calls it."""
    constant: str
    own: str
    """Name in CorpLimits of a limit of the corp's own."""
    most: int
    subject: str
    """What the error calls full."""
    fill: Callable[[LimitedCorp, int], Awaitable[None]]
    """Puts so many into an empty corp."""
    another: Callable[[int], Message]
    """Makes the request for the one that has this number, from 0."""
    apart: tuple[Message, ...] = ()
    """What is counted elsewhere, so that it passes when this is full."""

    def assert_full(self, told: Failure, current: int, asked: int, limit: int | None = None) -> None:
        """Checks what is said to whoever asks for more than there may be."""
        most = limit or self.most
        assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
        numbers = {"limit": str(most), "current": str(current), "asked": str(asked)}
        assert told.metadata == {"what": self.what, **numbers}
        said = f"{self.subject}: {self.what} are limited to {most}; {current} now, {asked} more asked"
        assert told.violations == ((self.subject, said),)


def _rules_of(owner: Owner, said: rule_pb2.Owner, *apart: rule_pb2.Owner) -> Quota:
    """The rules of one owner; those of others are counted apart."""
    return Quota(
        f"rules of {owner}",
        "RULES_PER_OWNER",
        "rules_per_owner",
        1000,
        f"corp {CORP}",
        lambda corp, count: corp.put(count, 0, owner),
        lambda _: ask.rule(owner=said),
        tuple(ask.rule(owner=other) for other in apart),
    )


def _groups_of_a_rule(another: Callable[[int], Message]) -> Quota:
    """The groups of a rule, by one of the ways to bind it."""
    return Quota(
        "groups of a rule", "GROUPS_PER_RULE", "groups_per_rule", 20_000, "rule rule0", _bind_groups, another
    )


async def _bind_groups(corp: LimitedCorp, count: int) -> None:
    """Binds a rule to so many groups; there are two more."""
    await corp.put(1, count + 2)
    chat_ids = ask.chat_ids(count)
    for start in range(0, count, 2000):
        await corp.call(ask.bind(["rule0"], chat_ids[start : start + 2000]))


def _exempt_customers_of(owner: Owner, said: rule_pb2.Owner, *apart: rule_pb2.Owner) -> Quota:
    """The customers on one list; those on others are counted apart."""

    async def exempt(corp: LimitedCorp, count: int) -> None:
        customers = [f"wm{number}" for number in range(count)]
        for start in range(0, count, 1000):
            await corp.call(ask.exempt(customers[start : start + 1000], said))

    return Quota(
        f"exempt customers of {owner}",
        "EXEMPT_CUSTOMERS_PER_OWNER",
        "exempt_customers_per_owner",
        10_000,
        f"corp {CORP}",
        exempt,
        lambda number: ask.exempt([f"wm{number}"], said),
        tuple(ask.exempt(["wm0"], other) for other in apart),
    )


QUOTAS = [
    _rules_of(ADMINS, asked().owner, strategy("7"), member("zhang")),
    _rules_of(SEVEN, strategy("7"), asked().owner, strategy("8"), member("7")),
    _rules_of(ZHANG, member("zhang"), asked().owner, strategy("zhang"), member("li")),
    _groups_of_a_rule(lambda number: ask.bind(["rule0"], [f"wr{number}"])),
    _groups_of_a_rule(lambda number: ask.set_rules(f"wr{number}", ["rule0"])),
    _exempt_customers_of(ADMINS, asked().owner, member("zhang")),
    _exempt_customers_of(ZHANG, member("zhang"), asked().owner, member("li")),
]
GROUPS_OF_A_RULE = QUOTAS[4]
