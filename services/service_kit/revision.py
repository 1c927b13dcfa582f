"""The token that names one version of a corp's rules, or of its blacklists."""

import re
from dataclasses import dataclass
from typing import Self

_FORM = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{1,40})")


@dataclass(frozen=True, slots=True)
class Revision:
    """A point in a corp's history of rules, or of blacklists, which is another.

    Two histories of one corp (a store that lost writes and went on) share numbers but not chains.
    """

    number: int
    """Counts the corp's writes; 0 before the first."""
    chain: str
    """Hash over all changes up to here, lower-case hexadecimal."""

    @classmethod
    def parse(cls, token: str) -> Self:
        """Reads a token.

        Raises:
            ValueError: it is not one.
        """
        form = _FORM.fullmatch(token)
        if not form:
            raise ValueError(f"not a revision token: {token[:64]!r}")
        return cls(int(form[1]), form[2])

    def __str__(self) -> str:
        return f"{self.number}-{self.chain}"

    def includes(self, other: Self) -> bool:
        """Tells whether another write is part of what led here; a number further on is taken to include it."""
        if self.number == other.number:
            return self.chain == other.chain
        return self.number > other.number


NO_RULES = Revision(0, "0")
"""The revision of a corp that was never written to; of its blacklists, too."""
