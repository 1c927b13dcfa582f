"""Exempt customers and settings in snapshots and verdicts."""

import random
from dataclasses import replace
from typing import Any

import pytest

from filter_service.domain.decide import decide_unruled
from filter_service.domain.exemptions import ExemptionChange, Exemptions
from filter_service.domain.message import Message
from filter_service.domain.rule import Action, ActionKind, Blacklist, Group, Rule, State
from filter_service.domain.sender import Sender, SenderKind
from filter_service.domain.snapshot import CorpSettings, Snapshot
from filter_service.domain.verdict import Check, Decision, Effects, Reason, Skipped, SkipReason
from service_kit.revision import Revision
from support.keywords import exactly
from support.messages import plain

NOW = Revision(9, "ab")
RULE = Rule("r1", 1, State.ENABLED, exactly("微信"), Action(ActionKind.KICK))
SENDER = Sender(SenderKind.CUSTOMER, "wm1", "小王")
MESSAGE = Message("m1", "wrZhang", SENDER, plain("加微信"), 0.0)
CHATS = ("wrZhang", "wrLi", "wrUnknown")


def snapshot(*changes: Any) -> Snapshot:
    groups = [Group("wrZhang", "zhang", 0), Group("wrLi", "li", 1)]
    return Snapshot().changed([RULE, *groups, *changes], NOW)


def test_agrees_with_a_model_of_sets() -> None:
    """Random changes, some at a time, with sharing switched on and off: who is exempt where."""
    dice = random.Random(5)
    people, owners = [f"wm{number}" for number in range(6)], ["", "zhang", "li", "wang"]
    for _ in range(20):
        exemptions, model = Exemptions(), {owner: set[str]() for owner in owners}
        for _ in range(40):
            changes = []
            for _ in range(dice.randint(0, 4)):
                owner = dice.choice(owners)
                some = dice.sample(people, dice.randint(1, 4))
                cut = dice.randint(0, len(some))
                changes.append(ExemptionChange(owner, tuple(some[:cut]), tuple(some[cut:])))
                model[owner] = (model[owner] | set(some[:cut])) - set(some[cut:])
            share = dice.random() < 0.5
            exemptions = exemptions.changed(changes, share)
            assert exemptions.lists == {owner: on for owner, on in model.items() if on}
            anywhere = set().union(*model.values())
            for person in people:
                assert exemptions.hold(person, None) == (person in model[""])
                for owner in owners[1:]:
                    own = person in model[""] | model[owner]
                    assert exemptions.hold(person, owner) == (own or (share and person in anywhere))


def test_what_did_not_change_is_shared() -> None:
    """A change of rules, groups or one list copies no other list: each may hold 10,000 customers."""
    first = snapshot(ExemptionChange("", ("wm1",)), ExemptionChange("zhang", ("wm2",)))
    later = first.changed([replace(RULE, revision=2), Group("wrNew", "wang", 2)], NOW)
    assert later.exemptions is first.exemptions
    later = later.changed([CorpSettings(fail_unchecked=True)], NOW)
    assert later.exemptions is first.exemptions
    later = later.changed([ExemptionChange("zhang", ("wm3",))], NOW)
    assert later.exemptions.lists[""] is first.exemptions.lists[""]
    assert first.exemptions.lists["zhang"] == {"wm2"}, "what judges a message stays as it was"


def test_settings_stay_until_they_change() -> None:
    """They come as a whole, seldom, and hold for every snapshot after."""
    strict = snapshot(CorpSettings(fail_unchecked=True))
    assert strict.changed([RULE], NOW).settings == CorpSettings(fail_unchecked=True)
    assert strict.changed([CorpSettings()], NOW).settings == CorpSettings()


def test_a_list_that_comes_again_changes_nothing() -> None:
    """A follower may be told twice what it knows: of a beginning and of the changes since."""
    changes = [ExemptionChange("", ("wm1", "wm2")), ExemptionChange("", (), ("wm2",))]
    assert snapshot(*changes).changed(changes, NOW).exemptions.lists == {"": {"wm1"}}


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize(
    ("owner", "reach"),
    [
        ("", {"wrZhang", "wrLi", "wrUnknown"}),
        ("zhang", {"wrZhang"}),
        ("wang", set[str]()),
    ],
)
def test_an_exempt_customer_is_left_alone_where_the_list_reaches(
    owner: str, reach: set[str], share: bool
) -> None:
    """The corp's list everywhere, a member's in the own groups, and once shared in every registered group."""
    made = snapshot(ExemptionChange(owner, ("wm1",)), CorpSettings(share_exemptions=share))
    reach = reach | ({"wrZhang", "wrLi"} if share else set())
    for chat_id in CHATS:
        verdict = decide_unruled(made, replace(MESSAGE, chat_id=chat_id), Blacklist.NONE)
        if chat_id in reach:
            assert verdict is not None
            assert (verdict.decision, verdict.reason, verdict.effects) == (
                Decision.ALLOW,
                Reason.EXEMPT,
                Effects(),
            )
        elif chat_id == "wrUnknown":
            assert verdict is not None
            assert verdict.reason is Reason.UNREGISTERED_GROUP
        else:
            assert verdict is None, "rules decide"
        somebody = replace(MESSAGE, chat_id=chat_id, sender=SENDER._replace(external_userid="wm2"))
        other = decide_unruled(made, somebody, Blacklist.NONE)
        assert other is None or other.reason is Reason.UNREGISTERED_GROUP


@pytest.mark.parametrize(
    ("kind", "listed", "reason"),
    [
        (SenderKind.STAFF, Blacklist.NONE, Reason.STAFF),
        (SenderKind.ROBOT, Blacklist.NONE, Reason.ROBOT),
        (SenderKind.CUSTOMER, Blacklist.ENTERPRISE, Reason.ENTERPRISE_BLACKLIST),
        (SenderKind.CUSTOMER, Blacklist.PERSONAL, Reason.PERSONAL_BLACKLIST),
        (SenderKind.CUSTOMER, Blacklist.NONE, Reason.EXEMPT),
    ],
)
def test_own_people_and_blacklists_come_before_exemptions(
    kind: SenderKind, listed: Blacklist, reason: Reason
) -> None:
    """Blacklists are not rules: nobody is exempt from them."""
    made = snapshot(ExemptionChange("", ("wm1",)))
    verdict = decide_unruled(made, replace(MESSAGE, sender=SENDER._replace(kind=kind)), listed)
    assert verdict is not None
    assert verdict.reason is reason
    assert verdict.effects.kick is (listed is not Blacklist.NONE)


def test_an_exempt_customers_verdict_names_blacklists_nobody_looked_at() -> None:
    """Exempt is not the same as cleared."""
    skipped = Skipped(Check.BLACKLIST, SkipReason.UNAVAILABLE)
    made = snapshot(ExemptionChange("", ("wm1",)))
    verdict = decide_unruled(made, MESSAGE, Blacklist.NONE, [skipped])
    assert verdict is not None
    assert (verdict.reason, verdict.not_evaluated) == (Reason.EXEMPT, (skipped,))
