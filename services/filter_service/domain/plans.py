"""The plans of a corp's groups, each made when a message of the group is first judged.

A group's plan changes only with rules that have more than words, and with their bindings: an edit of any other leaves
all plans as they are, and one of such a rule those of chunks that it is not bound in.
"""

from collections.abc import Iterable, Mapping

from filter_service.domain.draft import Draft
from filter_service.domain.edits import Edit
from filter_service.domain.plan import Plan, plan_of
from filter_service.domain.rule import Rule

CHUNK_ORDINALS = 8_192
"""Group ordinals in one chunk of a binding bitmap; rule_service writes them."""
Chunks = Mapping[int, bytes]
"""A rule's bindings: by chunk, the bitmap of the groups in it, the first one's bit being the highest of the first byte."""
_NO_PLAN = plan_of(())


class Plans:
    """Immutable but for what it remembers.

    That is at most one entry a group that was asked for, and as many plans as there are different sets of rules.
    """

    __slots__ = ("_bindings", "_chunks", "_rules")

    def __init__(
        self,
        rules: Mapping[str, Rule] | None = None,
        bindings: Mapping[str, Chunks] | None = None,
        chunks: Mapping[int, "_Chunk"] | None = None,
    ) -> None:
        """Takes the rules that have more than words, everybody's bindings, and what is known of chunks."""
        self._rules = rules or {}
        self._bindings = bindings or {}
        self._chunks = dict(chunks or {})

    def plan(self, ordinal: int) -> Plan:
        """Returns the plan of a group."""
        if not self._rules:
            return _NO_PLAN
        number, place = divmod(ordinal, CHUNK_ORDINALS)
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = self._made(number)
        return chunk.plan(place)

    def changed(
        self, edits: Iterable[Edit], rebound: Iterable[tuple[str, int]], bindings: Mapping[str, Chunks]
    ) -> "Plans":
        """Returns the plans after edits of rules, and of the bindings of rules in chunks."""
        rules = Draft(self._rules)
        stale: set[int] = set()
        for before, after in edits:
            if before and before.rule_id in self._rules:
                rules.drop(before.rule_id)
            if after and after.needs_plan:
                rules.set(after.rule_id, after)
        for rule_id in rules.touched:
            stale.update(self._bindings.get(rule_id, ()), bindings.get(rule_id, ()))
        stale.update(chunk for rule_id, chunk in rebound if rule_id in rules.now)
        kept = {number: chunk for number, chunk in self._chunks.items() if number not in stale}
        return Plans(rules.now, bindings, kept)

    def _made(self, number: int) -> "_Chunk":
        bound = (
            (rule, self._bindings.get(rule_id, {}).get(number))
            for rule_id, rule in sorted(self._rules.items())
        )
        return _Chunk([(rule, bitmap) for rule, bitmap in bound if bitmap])


class _Chunk:
    """The groups of one chunk."""

    __slots__ = ("_by_rules", "_plans", "_rows")

    def __init__(self, rows: list[tuple[Rule, bytes]]) -> None:
        self._rows = rows
        self._plans: dict[int, Plan] = {}
        self._by_rules: dict[tuple[str, ...], Plan] = {(): _NO_PLAN}

    def plan(self, place: int) -> Plan:
        plan = self._plans.get(place)
        if plan is None:
            byte, bit = place >> 3, 0x80 >> (place & 7)
            bound = [rule for rule, bitmap in self._rows if byte < len(bitmap) and bitmap[byte] & bit]
            key = tuple(rule.rule_id for rule in bound)
            plan = self._by_rules.get(key)
            if plan is None:
                plan = self._by_rules[key] = plan_of(bound)
            self._plans[place] = plan
        return plan
