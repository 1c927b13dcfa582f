"""Han numerals: digits where three and more of them stand in a row, ordinary characters elsewhere."""

import re

from service_kit.matching.tables import numerals

LEAST_NUMERALS = 3
"""Numerals in a row that are a number; fewer are ordinary characters."""
_DIGITS = str.maketrans(numerals())
_NUMERALS = "".join(numerals())
_EITHER = f"[0-9{_NUMERALS}]"
_RUN = re.compile(f"{_EITHER}{{{LEAST_NUMERALS},}}")
_any = re.compile(f"[{_NUMERALS}]").search
_three = re.compile(_EITHER * LEAST_NUMERALS).search
_three_with_numeral = re.compile(
    f"[{_NUMERALS}]{_EITHER}{{2}}|[0-9][{_NUMERALS}]{_EITHER}|[0-9]{{2}}[{_NUMERALS}]"
).search


def has_numerals(folded: str) -> bool:
    """Tells whether `to_digits` would change the text."""
    # The last one alone would do; it takes five times as long as the first, which suffices for most texts.
    return _any(folded) is not None and _three(folded) is not None and _three_with_numeral(folded) is not None


def to_digits(folded: str) -> str:
    """Replaces Han numerals in runs of three and more, in which digits count too; as long as the text itself."""
    return _RUN.sub(lambda run: run[0].translate(_DIGITS), folded)
