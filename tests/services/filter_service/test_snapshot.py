"""Snapshots against a model of plain sets."""

import random

from filter_service.domain.keyword_index import occurrences
from filter_service.domain.plans import CHUNK_ORDINALS
from filter_service.domain.rule import Action, ActionKind, Group, Rule, State
from filter_service.domain.snapshot import (
    BindingChange,
    Change,
    DeletedRule,
    DismissedGroup,
    Operation,
    Snapshot,
)
from service_kit.revision import Revision
from support.keywords import exactly

NOWHERE = Revision(1, "a")


def rule(
    rule_id: str,
    state: State = State.ENABLED,
    keywords: tuple[str, ...] = ("微信",),
    warnings_before_kick: int = 0,
) -> Rule:
    kind = ActionKind.KICK_AFTER_WARNINGS if warnings_before_kick else ActionKind.KICK
    return Rule(rule_id, 1, state, exactly(*keywords), Action(kind, warnings_before_kick))


def bitmap(ordinals: set[int]) -> bytes:
    bits = bytearray(CHUNK_ORDINALS // 8)
    for ordinal in ordinals:
        bits[ordinal // 8] |= 1 << (7 - ordinal % 8)
    return bytes(bits).rstrip(b"\0")


def test_bindings_follow_a_model_of_sets() -> None:
    """Random SET, BIND, UNBIND and deletions leave exactly the bindings that sets would hold."""
    dice = random.Random(7)
    groups = [Group(f"wr{n}", "owner", n) for n in (0, 1, 7, 8, 9, 8191, 8192, 8200, 20000)]
    snapshot = Snapshot().changed([*(rule(f"r{n}") for n in range(4)), *groups], NOWHERE)
    model: dict[str, set[int]] = {f"r{n}": set() for n in range(4)}
    for _ in range(500):
        change: Change
        if dice.random() < 0.05:
            gone = dice.choice(list(model))
            model[gone] = set()
            changes: list[Change] = [DeletedRule(gone), rule(gone)]
        else:
            operation = dice.choice(list(Operation))
            rule_ids = tuple(dice.sample(sorted(model), dice.randint(1, 3)))
            chunk = dice.choice([0, 1, 2])
            places = set(dice.sample([g.ordinal % CHUNK_ORDINALS for g in groups], dice.randint(0, 4)))
            asked = {chunk * CHUNK_ORDINALS + place for place in places}
            in_chunk = set(range(chunk * CHUNK_ORDINALS, (chunk + 1) * CHUNK_ORDINALS))
            for rule_id in rule_ids:
                if operation is Operation.SET:
                    model[rule_id] = (model[rule_id] - in_chunk) | asked
                elif operation is Operation.BIND:
                    model[rule_id] |= asked
                else:
                    model[rule_id] -= asked
            change = BindingChange(operation, rule_ids, chunk, bitmap(places))
            changes = [change]
        snapshot = snapshot.changed(changes, NOWHERE)
        for rule_id, ordinals in model.items():
            assert {g.ordinal for g in groups if snapshot.binds(rule_id, g)} == ordinals & {
                g.ordinal for g in groups
            }


def test_a_snapshot_never_changes() -> None:
    """What judges a message stays as it was while the next snapshot is made."""
    before = Snapshot().changed([rule("r1"), Group("wr1", "zhang", 0)], NOWHERE)
    before = before.changed([BindingChange(Operation.SET, ("r1",), 0, bitmap({0}))], Revision(2, "b"))
    changes: list[Change] = [
        DeletedRule("r1"),
        Group("wr1", "li", 0),
        rule("r2"),
        BindingChange(Operation.BIND, ("r2",), 0, bitmap({0})),
    ]
    after = before.changed(changes, Revision(3, "c"))
    assert (before.revision, after.revision) == (Revision(2, "b"), Revision(3, "c"))
    assert before.groups["wr1"].owner_userid == "zhang"
    assert before.binds("r1", before.groups["wr1"])
    assert not before.binds("r2", before.groups["wr1"])
    assert after.groups["wr1"].owner_userid == "li"
    assert not after.binds("r1", after.groups["wr1"])
    assert after.binds("r2", after.groups["wr1"])


def test_the_index_is_built_anew_only_when_keywords_change() -> None:
    """Bindings, groups and actions change without a rebuild; keywords and states don't."""
    first = Snapshot().changed([rule("r1"), Group("wr1", "zhang", 0)], NOWHERE)
    same: list[list[Change]] = [
        [BindingChange(Operation.SET, ("r1",), 0, bitmap({0}))],
        [Group("wr2", "zhang", 1)],
        [rule("r1", warnings_before_kick=3)],
        [rule("r2", State.DISABLED)],
    ]
    for changes in same:
        assert first.changed(changes, NOWHERE).indexes is first.indexes
    other: list[list[Change]] = [
        [rule("r1", keywords=("微信", "vx"))],
        [rule("r1", State.DISABLED)],
        [rule("r2")],
        [DeletedRule("r1")],
    ]
    for changes in other:
        assert first.changed(changes, NOWHERE).indexes is not first.indexes


def test_disabled_rules_are_not_looked_for_and_come_back_with_their_bindings() -> None:
    """Switching a rule off and on again needs nothing but the rule."""
    bound = Snapshot().changed(
        [rule("r1"), Group("wr1", "zhang", 0), BindingChange(Operation.SET, ("r1",), 0, bitmap({0}))], NOWHERE
    )
    off = bound.changed([rule("r1", State.DISABLED)], NOWHERE)
    assert list(occurrences(off.indexes, "加微信")) == []
    on = off.changed([rule("r1")], NOWHERE)
    assert len(list(occurrences(on.indexes, "加微信"))) == 1
    assert on.binds("r1", on.groups["wr1"])


def test_a_dismissed_group_is_gone_until_it_comes_again() -> None:
    """It is no group any more; the snapshot before still has it, and one that lives again starts without bindings."""
    first: list[Change] = [
        rule("r1"),
        Group("wr1", "zhang", 0),
        Group("wr2", "zhang", 1),
        BindingChange(Operation.SET, ("r1",), 0, bitmap({0, 1})),
    ]
    before = Snapshot().changed(first, NOWHERE)
    unbound = BindingChange(Operation.UNBIND, ("r1",), 0, bitmap({0}))
    after = before.changed([DismissedGroup("wr1"), unbound, DismissedGroup("unheard of")], NOWHERE)
    assert (set(before.groups), set(after.groups)) == ({"wr1", "wr2"}, {"wr2"})
    again = after.changed([Group("wr1", "li", 0)], NOWHERE)
    assert not again.binds("r1", again.groups["wr1"])
    assert again.binds("r1", again.groups["wr2"])
