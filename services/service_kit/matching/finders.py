"""What looks for keywords in readings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from service_kit.matching.modes import MatchMode
from service_kit.matching.pairs import MayMeet, unknown

Found = TypeVar("Found")
Find = Callable[[str], Sequence[tuple[int, int, Found]]]
"""Finds all patterns of one mode in a reading: (start, end, what was found), overlapping ones too."""


class Finders(NamedTuple, Generic[Found]):
    """What finds the patterns of each mode; None where a mode has none. Results do not depend on the rest."""

    exact: Find[Found] | None = None
    folded: Find[Found] | None = None
    homophone: Find[Found] | None = None
    folded_may_meet: MayMeet = unknown
    """Of the patterns of FOLDED."""
    sounds_may_meet: MayMeet = unknown
    """Of those of HOMOPHONE."""


def by_mode(finds: Mapping[MatchMode, Find[Found]]) -> Finders[Found]:
    """Returns finders of patterns of which nothing else is known."""
    return Finders(finds.get(MatchMode.EXACT), finds.get(MatchMode.FOLDED), finds.get(MatchMode.HOMOPHONE))
