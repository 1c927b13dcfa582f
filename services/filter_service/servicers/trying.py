"""Trying rules that are not saved."""

from typing import TYPE_CHECKING

from filter_service.convert.contents import read_contents
from filter_service.convert.rule import read_draft
from filter_service.convert.verdict import write_skipped, write_trial
from filter_service.domain.message import Item
from filter_service.domain.verdict import Check, Skipped, SkipReason
from filter_service.drafts import Drafts
from filter_service.servicers.base import Servicer
from filter_service.trial import MOST_SAMPLES, try_rule
from groupguard.filter.v1 import filter_service_pb2 as pb
from groupguard.filter.v1.backtest_pb2 import BacktestRequest
from groupguard.rule.v1.rule_service_pb2 import ValidateRuleResponse
from service_kit.errors import InvalidFields, RulesUnavailable, Violation
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context

_UNTESTABLE = Skipped(Check.CONDITIONS, SkipReason.UNSUPPORTED)


class TryingMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _drafts: Drafts

    async def TestRule(self, request: pb.TestRuleRequest, context: "Context") -> pb.TestRuleResponse:
        require_id("corp_id", request.corp_id)
        violations: list[Violation] = []
        samples = _read_samples(request, violations)
        draft = await self._validated(request, violations)
        rule = read_draft(draft.rule)
        return pb.TestRuleResponse(
            results=[write_trial(found) async for found in try_rule(rule, samples)],
            warnings=draft.warnings,
            not_evaluated=[write_skipped(_UNTESTABLE)] if rule.needs_more_than_message else [],
            rule=draft.rule,
        )

    async def _validated(
        self, request: pb.TestRuleRequest | BacktestRequest, known: list[Violation]
    ) -> ValidateRuleResponse:
        """Returns what would be kept of the rule; refuses it together with what is known to be wrong besides."""
        try:
            draft = await self._drafts.validate(
                request.corp_id, request.rule if request.HasField("rule") else None
            )
        except InvalidFields as error:
            raise InvalidFields([*error.violations, *known]) from error
        except RulesUnavailable as error:
            raise (InvalidFields(known) if known else error) from None
        if known:
            raise InvalidFields(known)
        return draft


def _read_samples(request: pb.TestRuleRequest, violations: list[Violation]) -> list[tuple[Item, ...]]:
    """Reads the samples; what is wrong with them is added to the violations."""
    if not 1 <= len(request.samples) <= MOST_SAMPLES:
        violations.append(
            Violation("samples", f"1 to {MOST_SAMPLES} are allowed, not {len(request.samples)}")
        )
        return []
    return [
        read_contents(sample, f"samples[{index}]", violations) for index, sample in enumerate(request.samples)
    ]
