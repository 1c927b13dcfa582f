"""Han numerals: digits where three and more of them stand in a row, ordinary characters elsewhere."""

import re

from service_kit.matching.tables import numerals

LEAST_NUMERALS = 3
"""Numerals in a row that are a number; fewer are ordinary characters."""
_DIGITS = str.maketrans(numerals())
_NUMERALS = "".join(numerals())
_RUN = re.compile(f"[0-9{_NUMERALS}]{{{LEAST_NUMERALS},}}")
_ANY = f"[0-9{_NUMERALS}]"
_three = re.compile(f"[{_NUMERALS}](?:{_ANY}{_ANY}|(?<={_ANY}.){_ANY}|(?<={_ANY}{_ANY}.))").search
"""Looks for a numeral first, as `re` does quickly."""


def has_numerals(folded: str) -> bool:
    """Tells whether `to_digits` would change the text."""
    return _three(folded) is not None


def to_digits(folded: str) -> str:
    """Replaces Han numerals in runs of three and more, in which digits count too; as long as the text itself."""
    return _RUN.sub(lambda run: run[0].translate(_DIGITS), folded)
