"""Random edits of a few rules against Python lists: a history is the list, a restore an element of it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from groupguard.rule.v1 import history_pb2, rule_pb2
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from support.history import CREATED, DELETED, RESTORED, UPDATED, Office, content, office, refusal
from support.rules import asked

KEPT = 8
STEPS = 120


@dataclass
class Model:
    """One rule, and all that ever happened to it."""

    rule: rule_pb2.Rule
    changes: list[history_pb2.RuleRevision] = field(default_factory=list)

    @property
    def now(self) -> rule_pb2.Rule | None:
        last = self.changes[-1]
        return last.after if last.HasField("after") else None

    def note(
        self, kind: history_pb2.RuleRevision.Kind.ValueType, revision: int, after: rule_pb2.Rule | None
    ) -> None:
        """Adds a change by what the service answered."""
        before = self.now if self.changes else None
        self.changes.append(
            history_pb2.RuleRevision(revision=revision, kind=kind, actor="crm", before=before, after=after)
        )

    def kept(self) -> list[history_pb2.RuleRevision]:
        """What its history has to tell."""
        newest = [history_pb2.RuleRevision.FromString(it.SerializeToString()) for it in self.changes[-KEPT:]]
        if len(self.changes) > KEPT:
            newest[0].ClearField("before")
        return newest[::-1]


class Editor:
    """Edits at random, by the service and by the model."""

    def __init__(self, its: Office, seed: int) -> None:
        self._its = its
        self._random = random.Random(seed)
        self.models: list[Model] = []

    async def step(self) -> None:
        """Does one thing to one rule."""
        self._its.now += 1
        if len(self.models) < 3:
            rule = await self._its.create()
            self.models.append(Model(rule))
            self.models[-1].note(CREATED, rule.revision, rule)
            return
        model = self._random.choice(self.models)
        if self._random.random() < 0.35 or model.now is None:
            await self._restore(model)
        elif self._random.random() < 0.2:
            token = await self._its.delete(model.rule)
            model.note(DELETED, int(token.partition("-")[0]), None)
        else:
            await self._update(model, model.now)

    def _fields(self) -> dict[str, Any]:
        """Few enough that some update changes nothing."""
        return {
            "display_name": self._random.choice("ab"),
            "state": self._random.choice([rule_pb2.RULE_STATE_ENABLED, rule_pb2.RULE_STATE_DISABLED]),
            "conditions": asked(self._random.choice(["代购", "VX"])).conditions,
        }

    async def _update(self, model: Model, now: rule_pb2.Rule) -> None:
        fields = self._fields()
        wanted = rule_pb2.Rule()
        wanted.CopyFrom(now)
        wanted.ClearField("conditions")
        wanted.MergeFrom(rule_pb2.Rule(**fields))
        for keyword in wanted.conditions.keywords.keywords:
            keyword.match_mode = rule_pb2.MATCH_MODE_FOLDED
        answer = await self._its.update(model.rule, **fields)
        assert content(answer) == content(wanted)
        if content(wanted) != content(now):
            model.note(UPDATED, answer.revision, answer)

    async def _restore(self, model: Model) -> None:
        place = self._random.randrange(len(model.changes))
        wanted = model.changes[place]
        if place < len(model.changes) - KEPT or not wanted.HasField("after"):
            told = await refusal(self._its.restore(model.rule, wanted.revision))
            assert told.reason == "RULE_REVISION_NOT_FOUND"
            return
        answer = await self._its.restore(model.rule, wanted.revision)
        assert content(answer) == content(wanted.after)
        if model.now is None or content(model.now) != content(wanted.after):
            assert answer.update_time.ToSeconds() == self._its.now
            model.note(RESTORED, answer.revision, answer)
        else:
            assert answer == model.now


@pytest.fixture
async def its(store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """A service that keeps fewer changes than are made."""
    monkeypatch.setattr(limits, "REVISIONS_PER_RULE", KEPT)
    async with office(store) as opened:
        yield opened


@pytest.mark.parametrize("seed", range(3))
async def test_histories_tell_what_happened_and_bring_it_back(its: Office, seed: int) -> None:
    editor = Editor(its, seed)
    for _ in range(STEPS):
        await editor.step()
        for model in editor.models:
            told = await its.history(model.rule)
            for change in told:
                change.ClearField("change_time")
            assert told == model.kept()
    assert {change.kind for model in editor.models for change in model.changes} == {
        CREATED,
        UPDATED,
        DELETED,
        RESTORED,
    }
    for model in editor.models:
        assert len(model.changes) > KEPT
        if model.now is not None:
            assert await its.get(model.rule) == model.now
