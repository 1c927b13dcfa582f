"""FilterService's methods: messages in, verdicts out."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from filter_service.convert.contents import read_contents
from filter_service.convert.message import read_message
from filter_service.convert.rule import read_draft
from filter_service.convert.verdict import write_skipped, write_trial, write_verdict
from filter_service.domain.message import MOST_MESSAGES, Item, Message
from filter_service.domain.verdict import Check, Skipped, SkipReason
from filter_service.drafts import Drafts
from filter_service.judge import Judge, Outcome
from filter_service.trial import MOST_SAMPLES, try_rule
from groupguard.filter.v1 import filter_service_pb2 as pb
from groupguard.filter.v1 import filter_service_pb2_grpc as grpc_pb
from groupguard.rule.v1.rule_service_pb2 import ValidateRuleResponse
from service_kit.errors import (
    CheckUnavailable,
    GroupguardError,
    InvalidFields,
    RulesUnavailable,
    Violation,
    invalid,
)
from service_kit.ids import require_id
from service_kit.revision import Revision
from service_kit.status import to_status

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]

_UNTESTABLE = Skipped(Check.CONDITIONS, SkipReason.UNSUPPORTED)
Result = pb.BatchCheckMessagesResponse.Result


class FilterServicer(grpc_pb.FilterServiceServicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    def __init__(self, judge: Judge, drafts: Drafts, clock: Callable[[], float] = time.time) -> None:
        """Serves verdicts; `clock` gives seconds since 1970."""
        self._judge = judge
        self._drafts = drafts
        self._clock = clock

    async def CheckMessage(
        self, request: pb.CheckMessageRequest, context: "Context"
    ) -> pb.CheckMessageResponse:
        require_id("corp_id", request.corp_id)
        at_least = _read_revision(request.min_rules_revision)
        message = read_message(request.message, "message", self._clock())
        [verdict] = await self._judge.judge(request.corp_id, [message], at_least)
        if isinstance(verdict, CheckUnavailable):
            raise verdict
        return pb.CheckMessageResponse(verdict=write_verdict(verdict))

    async def BatchCheckMessages(
        self, request: pb.BatchCheckMessagesRequest, context: "Context"
    ) -> pb.BatchCheckMessagesResponse:
        require_id("corp_id", request.corp_id)
        at_least = _read_revision(request.min_rules_revision)
        if not 1 <= len(request.messages) <= MOST_MESSAGES:
            raise invalid("messages", f"1 to {MOST_MESSAGES} are allowed, not {len(request.messages)}")
        read = self._read(request)
        messages = [item for item in read if isinstance(item, Message)]
        outcomes = iter(await self._judge.judge(request.corp_id, messages, at_least))
        return pb.BatchCheckMessagesResponse(
            results=[_write_result(next(outcomes) if isinstance(item, Message) else item) for item in read]
        )

    async def TestRule(self, request: pb.TestRuleRequest, context: "Context") -> pb.TestRuleResponse:
        require_id("corp_id", request.corp_id)
        violations: list[Violation] = []
        samples = _read_samples(request, violations)
        draft = await self._validated(request, violations)
        rule = read_draft(draft.rule)
        return pb.TestRuleResponse(
            results=[write_trial(found) async for found in try_rule(rule, samples)],
            warnings=draft.warnings,
            not_evaluated=[write_skipped(_UNTESTABLE)] if rule.has_other_conditions else [],
            rule=draft.rule,
        )

    async def _validated(self, request: pb.TestRuleRequest, known: list[Violation]) -> ValidateRuleResponse:
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

    def _read(self, request: pb.BatchCheckMessagesRequest) -> list[Message | InvalidFields]:
        now = self._clock()
        read: list[Message | InvalidFields] = []
        for index, message in enumerate(request.messages):
            try:
                read.append(read_message(message, f"messages[{index}]", now))
            except InvalidFields as error:
                read.append(error)
        return read


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


def _write_result(outcome: Outcome | InvalidFields) -> Result:
    if isinstance(outcome, GroupguardError):
        return Result(error=to_status(outcome, ""))
    return Result(verdict=write_verdict(outcome))


def _read_revision(token: str) -> Revision | None:
    try:
        return Revision.parse(token) if token else None
    except ValueError as error:
        raise invalid("min_rules_revision", str(error)) from None
