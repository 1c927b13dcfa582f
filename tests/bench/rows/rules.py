"""P2: what a decision costs with ten rules and with a thousand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from bench.messages import SOURCE as MESSAGES
from bench.messages import messages
from bench.row import Figure, Must, Row
from bench.words import SOURCE as WORDS
from bench.words import words
from filter_service.domain.compiled import Keyword
from filter_service.domain.counting import Tally
from filter_service.domain.decide import decide_by_rules
from filter_service.domain.findings import Sent
from filter_service.domain.message import Item, Message, Part, PartKind
from filter_service.domain.rule import Action, ActionKind, Group, Rule, State
from filter_service.domain.sender import Sender, SenderKind
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from filter_service.domain.warning import SOMEBODY
from filter_service.scanning import find_all
from service_kit.matching import MatchMode, why_unfit
from service_kit.revision import NO_RULES

_FEW, _MANY = 10, 1_000
_PER_RULE = 100
_TEXTS = 3_000
_ROUNDS = 3
"""A cost is the least of so many passes, since other processes only ever add to it."""
_HERE, _ELSEWHERE = Group("wrHere", "zhang", 0), Group("wrElsewhere", "zhang", 1)


def _measure() -> Iterator[Figure]:
    fit = (word for word in words(100_000) if not why_unfit(word, MatchMode.FOLDED))
    keywords = [Keyword(word, MatchMode.FOLDED) for word in islice(fit, _MANY * _PER_RULE)]
    rules = [
        Rule(
            f"r{place:04}",
            1,
            State.ENABLED,
            tuple(keywords[place * _PER_RULE : (place + 1) * _PER_RULE]),
            Action(ActionKind.KICK),
        )
        for place in range(len(keywords) // _PER_RULE)
    ]
    sent = [_message(message.text) for message in islice(cycle(messages()), _TEXTS)]
    snapshots = {
        f"{_FEW} rules": _snapshot(rules[:_FEW], _FEW),
        f"{_MANY:,} rules, all bound to the group": _snapshot(rules, _MANY),
        f"{_MANY:,} rules, {_FEW} of them bound to the group": _snapshot(rules, _FEW),
    }
    part = "a decision, without blacklists and counting"
    least = None
    for name, snapshot in snapshots.items():
        cost = min(asyncio.run(_cost(snapshot, sent)) for _ in range(_ROUNDS))
        least = least or cost
        yield Figure(part, name, cost * 1e6, "µs")
        if cost is not least:
            yield Figure(part, f"{name}: against {_FEW}", cost / least, "×", Must(1.5))


def _message(text: str) -> Message:
    items = (Item(None, (), (Part(PartKind.TEXT, text),)),)
    return Message("m1", _HERE.chat_id, Sender(SenderKind.CUSTOMER, "wm1"), items, 0.0)


def _snapshot(rules: Sequence[Rule], bound: int) -> Snapshot:
    """Binds the first rules to the messages' group, and the others to another."""
    ids = [rule.rule_id for rule in rules]
    bindings = [
        BindingChange(Operation.SET, tuple(ids[:bound]), 0, b"\x80"),
        BindingChange(Operation.SET, tuple(ids[bound:]), 0, b"\x40"),
    ]
    return Snapshot().changed([*rules, _HERE, _ELSEWHERE, *bindings], NO_RULES)


async def _cost(snapshot: Snapshot, sent: Sequence[Message]) -> float:
    """Returns the seconds that a message takes."""
    begun = time.perf_counter()
    for message in sent:
        [found] = await find_all(snapshot, [Sent(_HERE, message.items, message.sender)])
        decide_by_rules(snapshot, message, found, Tally(), SOMEBODY, ())
    return (time.perf_counter() - begun) / len(sent)


ROW = Row(
    name="rules",
    title="P2, what many rules cost",
    about=(
        f"{_TEXTS:,} messages ({MESSAGES}), one by one, against {_FEW} and {_MANY:,} rules of {_PER_RULE} FOLDED keywords ({WORDS}), "
        "the few being the first of the many. Where all rules are bound to the group the messages hit more of them, which is part "
        "of the cost."
    ),
    measure=_measure,
    packages=("daachorse", "numpy"),
)
