"""Explaining concurrent calls: some order of them, one by one, must lead to what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from support.rule_calls import Answer, Call
from support.rule_model import Model, Refused

_Done = tuple[Call, Answer]


def explanations(model: Model, calls: Sequence[_Done]) -> list[Model]:
    """Returns the models that some orders of concurrent calls lead to; more than one if calls asked for the same.

    The revisions that they answered give the order. A call that changed nothing belongs to the state it names; a refusal to any
    state that there was meanwhile.

    Raises:
        AssertionError: no order explains the answers.
    """
    model = replace(model, lately=frozenset())
    accepted = [pair for pair in calls if not pair[1].refusal]
    assert all(answer.revision >= model.revision for _, answer in accepted), "an answer from before the call"
    paths = [(model, *path) for path in _paths(model, accepted)]
    assert paths, f"from {model}: nothing explains {_tell(calls)}"
    refused = [pair for pair in calls if pair[1].refusal]
    explained = [path for path in paths if all(_may_refuse(path, *pair) for pair in refused)]
    assert explained, f"from {model}: no state refuses {_tell(refused)}"
    ends = [path[-1] for path in explained]
    return [end for index, end in enumerate(ends) if end not in ends[:index]]


def _paths(model: Model, calls: Sequence[_Done]) -> list[tuple[Model, ...]]:
    """Returns the states that lie behind one, in every order of calls that explains what they answered."""
    here = [pair for pair in calls if pair[1].revision == model.revision]
    if not all(_keeps(model, *pair) for pair in here):
        return []
    rest = [pair for pair in calls if pair not in here]
    if not rest:
        return [()]
    found = []
    for pair in rest:
        if pair[1].revision == model.revision + 1 and (after := _moved(model, *pair)) is not None:
            others = [it for it in rest if it is not pair]
            found += [(after, *path) for path in _paths(after, others)]
    return found


def _moved(model: Model, call: Call, answer: Answer) -> Model | None:
    """Returns the model after a call; None if it changes nothing, or answers something else."""
    after = model.copy()
    try:
        result = call.apply(after)
    except Refused:
        return None
    if result != answer.result or after.state == model.state:
        return None
    after.revision += 1
    return after


def _keeps(model: Model, call: Call, answer: Answer) -> bool:
    """Whether a call changes nothing in the model and answers what it did."""
    after = model.copy()
    try:
        return bool(call.apply(after) == answer.result) and after.state == model.state
    except Refused:
        return False


def _may_refuse(states: Sequence[Model], call: Call, answer: Answer) -> bool:
    """Whether one of some states refuses a call as it was refused."""
    for state in states:
        try:
            call.apply(replace(state.copy(), lately=frozenset()))
        except Refused as refused:
            if answer.refusal in refused.reasons:
                return True
    return False


def _tell(calls: Sequence[_Done]) -> str:
    return "".join(f"\n  {call.operation} {call.rule_ids} {call.etag}: {answer}" for call, answer in calls)
