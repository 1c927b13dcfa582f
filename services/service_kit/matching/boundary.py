"""Where a hit may begin and end: never inside a run of letters or of digits."""


def _class(character: str) -> str:
    """Sorts a folded character: `letter`, `digit` or nothing for all that needs no boundary, Han among it."""
    if "0" <= character <= "9":
        return "digit"
    if character.isalpha() and (character < "\u0590" or "\u1e00" <= character <= "\u1fff"):
        return "letter"  # Latin, Greek, Cyrillic, Armenian: scripts that put spaces between words
    return ""


def at_boundary(text: str, start: int, end: int) -> bool:
    """Tells whether the span stands free in the folded text.

    At either edge that is a letter or digit, the neighbour must not be of the same class: `vx` stands free in
    加vx1234 and not in vxx.
    """
    first, last = _class(text[start]), _class(text[end - 1])
    if first and start > 0 and _class(text[start - 1]) == first:
        return False
    return not (last and end < len(text) and _class(text[end]) == last)
