"""Calls of RuleService as Hypothesis draws them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from support.rule_model import Pool

POOLS: list[Pool] = [("super_admin", ""), ("strategy", "s1"), ("member", "zhang"), ("member", "li")]
CHATS = [f"wr{number}" for number in range(7)]
CUSTOMERS = [f"wm{number}" for number in range(5)]
MOST_RULES = 8
"""Rules that operations choose among: those that live, then those that went last."""
KEPT_CHANGES = 4
"""Changes in a history. Operations name some of the newest and some that are gone, none that might go in the very batch."""


@dataclass(frozen=True)
class Operation:
    """A call as drawn: ids of rules are places among the rules known when its batch begins."""

    kind: str
    pool: Pool = POOLS[0]
    name: str = ""
    rules: tuple[int, ...] = ()
    back: int = 0
    """Place in the history of the first of them, from the newest change back."""
    chats: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    owner: str = ""
    strategies: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    share_exemptions: bool | None = None
    limits: tuple[tuple[str, int], ...] = ()
    with_etag: bool = False
    pause_ms: int = 0
    """How long after the others of its batch it is sent: calls that begin together keep step, and some never meet."""


_names = st.sampled_from(["one", "two", "three"])
_places = st.integers(0, MOST_RULES - 1)
_some_rules = st.lists(_places, min_size=1, max_size=2, unique=True).map(tuple)
_some_chats = st.lists(st.sampled_from(CHATS), min_size=1, max_size=3, unique=True).map(tuple)
_some_customers = st.lists(st.sampled_from(CUSTOMERS), min_size=1, max_size=3, unique=True).map(tuple)
_limits = st.dictionaries(
    st.sampled_from(["rules_per_owner", "groups_per_rule", "exempt_customers_per_owner"]),
    st.sampled_from([0, 0, 1, 2, 3]),
    max_size=2,
).map(lambda drawn: tuple(drawn.items()))

_create = st.builds(Operation, st.just("create"), pool=st.sampled_from(POOLS), name=_names)
_update = st.builds(
    Operation, st.just("update"), rules=st.tuples(_places), name=_names, with_etag=st.booleans()
)
_delete = st.builds(Operation, st.just("delete"), rules=st.tuples(_places), with_etag=st.booleans())
_restore = st.builds(
    Operation,
    st.just("restore"),
    rules=st.tuples(_places),
    back=st.sampled_from([0, 1, 1, KEPT_CHANGES, KEPT_CHANGES + 1]),
    with_etag=st.booleans(),
)
_configure = st.builds(
    Operation,
    st.sampled_from(["bind", "bind", "bind", "unbind", "swap"]),
    rules=_some_rules,
    chats=_some_chats,
    others=_some_chats,
)
_set_group_rules = st.builds(
    Operation, st.just("set_group_rules"), rules=_some_rules, chats=st.tuples(st.sampled_from(CHATS))
)
_upsert = st.builds(
    Operation,
    st.just("upsert"),
    chats=_some_chats,
    owner=st.sampled_from(["zhang", "li"]),
    strategies=st.sampled_from([("s1",), ()]),
)
_dismiss = st.builds(Operation, st.just("dismiss"), chats=_some_chats)
_exempt = st.builds(
    Operation,
    st.sampled_from(["add_exempt", "add_exempt", "remove_exempt"]),
    owner=st.sampled_from(["", "zhang"]),
    customers=_some_customers,
)
_settings = st.builds(
    Operation,
    st.just("update_settings"),
    share_exemptions=st.none() | st.booleans(),
    limits=_limits,
    with_etag=st.booleans(),
).filter(lambda it: it.limits or it.share_exemptions is not None)

_WEIGHTS = [
    (_configure, 8),
    (_set_group_rules, 4),
    (_upsert, 4),
    (_restore, 4),
    (_update, 3),
    (_create, 2),
    (_delete, 2),
    (_exempt, 2),
    (_settings, 2),
    (_dismiss, 3),
]
_kinds = st.sampled_from([kind for kind, weight in _WEIGHTS for _ in range(weight)])
_operations = st.builds(
    lambda drawn, pause_ms: replace(drawn, pause_ms=pause_ms),
    _kinds.flatmap(lambda kind: kind),
    st.integers(0, 3),
)


def _clashing(batch: list[Operation]) -> list[Operation]:
    """Makes all operations be about the same rules and groups, so that they come between each other's steps."""
    rules = next((it.rules for it in batch if it.rules), ())
    chats = next((it.chats for it in batch if it.chats), ())
    return [replace(it, rules=it.rules and rules, chats=it.chats and chats) for it in batch]


batches = st.one_of(
    st.lists(_operations, min_size=1, max_size=6),
    st.lists(_operations, min_size=3, max_size=6).map(_clashing),
)
FURNITURE = [
    *(Operation("create", pool=pool, name="one") for pool in POOLS),
    Operation("upsert", chats=tuple(CHATS[:4]), owner="zhang", strategies=("s1",)),
    Operation("upsert", chats=tuple(CHATS[4:]), owner="li"),
]
"""What a corp begins with, or nearly every binding would find nothing to bind."""
