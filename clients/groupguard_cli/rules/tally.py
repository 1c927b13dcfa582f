"""What several calls of one change of bindings come to."""

from dataclasses import dataclass, field

from groupguard.rule.v1.rule_service_pb2 import ConfigureGroupsResponse


@dataclass(slots=True)
class Tally:
    """The sum of some answers of ConfigureGroups; each call is about other groups, or other rules, than the rest."""

    counts: dict[str, ConfigureGroupsResponse.RuleResult] = field(default_factory=dict)
    """Groups of each rule before the first call and after the last, by rule_id."""
    group_count: int = 0
    """Groups touched, as far as only looked at; one that several calls are about counts several times."""
    member_count: int = 0
    _over_limit: set[str] = field(default_factory=set)

    def add(self, answer: ConfigureGroupsResponse) -> None:
        """Adds one call's answer. Calls that only look all begin from the same state, so differences are summed."""
        only_looked = answer.HasField("blast_radius")
        for result in answer.results:
            known = self.counts.get(result.rule_id)
            if known is None:
                self.counts[result.rule_id] = result
            elif only_looked:
                known.groups_after += result.groups_after - result.groups_before
            else:
                known.groups_after = result.groups_after
        self.group_count += answer.blast_radius.group_count
        self.member_count += answer.blast_radius.member_count
        self._over_limit.update(answer.blast_radius.rule_ids_over_limit)

    def over_limit(self, limit: int) -> list[str]:
        """Returns the rules that would be in too many groups: by the server's word, or by all calls together."""
        grown = {
            rule_id
            for rule_id, count in self.counts.items()
            if count.groups_after > max(limit, count.groups_before)
        }
        return sorted(self._over_limit | grown)
