"""Numbers that bound what one call looks at, what an answer holds and what is kept, at their documented values."""

from __future__ import annotations

from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import history_pb2
from rule_service.domain.group import Group
from support import rule_requests as ask
from support.limited_corp import LimitedCorp
from support.rules import CORP, NOW, a_write

CREATED, UPDATED = history_pb2.RuleRevision.KIND_CREATED, history_pb2.RuleRevision.KIND_UPDATED


async def put_one_of_li(corp: LimitedCorp, number: int, at: float = NOW) -> None:
    """Puts one group more into the registry, the only one of its owner."""
    await corp.store.upsert_groups(a_write(), [Group(f"wr{number}", "li")], at, "tests")


async def test_2000_groups_are_offered_for_choosing(corp: LimitedCorp) -> None:
    """The least recently active one is not; it is registered and can be bound all the same."""
    await put_one_of_li(corp, 2000, at=NOW - 1)
    await corp.put(1, 1999)
    request = registry_pb.ListGroupsRequest(corp_id=CORP, recently_active=True, page_size=2000)
    page = await corp.call(request)
    assert len(page.groups) == 2000
    assert (page.groups[-1].chat_id, page.next_page_token) == ("wr2000", "")

    await corp.put(0, 2000)
    for size in (2000, 1500):
        request = registry_pb.ListGroupsRequest(corp_id=CORP, recently_active=True, page_size=size)
        offered = []
        while True:
            page = await corp.call(request)
            offered += [group.chat_id for group in page.groups]
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
        assert offered == sorted(ask.chat_ids(2000))
    [result] = (await corp.call(ask.bind(["rule0"], ["wr2000"]))).results
    assert result.groups_after == 1


async def test_a_page_of_groups_is_made_of_10000(corp: LimitedCorp) -> None:
    """A group that 9,999 others come before is found at once, one behind 10,000 on the second page."""
    await corp.put(0, 9_999)
    await put_one_of_li(corp, 9_999, at=NOW - 1)
    for active in (False, True):
        page = await corp.call(groups_of_li(active=active))
        assert [group.chat_id for group in page.groups] == ["wr9999"]
    await corp.put(0, 10_000)
    await put_one_of_li(corp, 10_000, at=NOW - 1)
    for active in (False, True):
        page = await corp.call(groups_of_li(active=active))
        assert not page.groups
        page = await corp.call(groups_of_li(page.next_page_token, active=active))
        assert [group.chat_id for group in page.groups] == ["wr10000"]


def groups_of_li(token: str = "", *, active: bool) -> registry_pb.ListGroupsRequest:
    return registry_pb.ListGroupsRequest(
        corp_id=CORP, owner_userid="li", recently_active=active, page_token=token
    )


async def test_a_page_of_released_bindings_is_made_of_100_writes(corp: LimitedCorp) -> None:
    """What the hundredth of the last writes took from a rule is found at once, what one more took on the second page."""
    await corp.put(2, 101)
    await corp.call(ask.bind(["rule0"], ask.chat_ids(101)))
    await corp.call(ask.bind(["rule1"], ["wr0"]))
    for number in range(100):
        await corp.call(ask.dismiss([f"wr{number}"]))
    request = registry_pb.ListReleasedBindingsRequest(corp_id=CORP, rule_id="rule1")
    page = await corp.call(request)
    assert [list(it.chat_ids) for it in page.released_bindings] == [["wr0"]]

    await corp.call(ask.dismiss(["wr100"]))
    page = await corp.call(request)
    assert not page.released_bindings
    request.page_token = page.next_page_token
    page = await corp.call(request)
    assert [list(it.chat_ids) for it in page.released_bindings] == [["wr0"]]


async def test_50_changes_of_a_rule_are_kept(corp: LimitedCorp) -> None:
    """One more takes the place of the first, which can't be brought back then."""
    await corp.put(1, 0)
    for number in range(49):
        await corp.call(ask.rename(f"name {number}"))
    history = history_pb2.ListRuleRevisionsRequest(corp_id=CORP, rule_id="rule0")
    kept = (await corp.call(history)).revisions
    assert [change.kind for change in kept] == [UPDATED] * 49 + [CREATED]
    first = history_pb2.RestoreRuleRequest(corp_id=CORP, rule_id="rule0", revision=kept[-1].revision)

    await corp.call(ask.rename("name 49"))
    page = await corp.call(history)
    assert [change.kind for change in page.revisions] == [UPDATED] * 50
    assert not page.next_page_token
    told = await corp.refusal(first)
    assert (told.code, told.reason) == ("NOT_FOUND", "RULE_REVISION_NOT_FOUND")
