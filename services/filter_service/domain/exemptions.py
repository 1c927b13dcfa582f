"""Customers whom no rule holds for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class ExemptionChange:
    """A change of one list of exempt customers."""

    owner_userid: str
    """Whose list; empty for the corp's."""
    added: tuple[str, ...] = ()
    """external_userids."""
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exemptions:
    """Who is exempt where, in a corp. Immutable."""

    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """external_userids by whose list they are on; empty for the corp's."""
    shared: frozenset[str] | None = None
    """Everybody on any list, where the corp shares them."""

    def hold(self, external_userid: str, owner_userid: str | None) -> bool:
        """Tells whether a customer is exempt in the groups of an owner; None stands for a group nobody registered."""
        if external_userid in self.lists.get("", ()):
            return True
        if owner_userid is None:
            return False
        reach = self.lists.get(owner_userid, frozenset()) if self.shared is None else self.shared
        return external_userid in reach

    def changed(self, changes: Iterable[ExemptionChange], share: bool) -> Self:
        """Returns the exemptions with changes applied in order, shared or not; lists that did not change are kept."""
        open_: dict[str, set[str]] = {}
        for change in changes:
            name = change.owner_userid
            if name not in open_:
                open_[name] = set(self.lists.get(name, ()))
            open_[name].difference_update(change.removed)
            open_[name].update(change.added)
        if not open_ and share == (self.shared is not None):
            return self
        lists = {**self.lists, **{name: frozenset(on) for name, on in open_.items()}}
        lists = {name: on for name, on in lists.items() if on}
        return type(self)(lists, frozenset().union(*lists.values()) if share else None)
