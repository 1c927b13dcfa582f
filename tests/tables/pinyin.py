"""Toneless readings of the Han characters that folding leaves."""

import json
from collections.abc import Iterator

import unicodedata2

from tables import sources
from tables.folding import resolve
from tables.script import in_gb2312, is_han

_READINGS_MAX = 8
_BY_HAND = {"嗯": "ēn"}
"""The source knows it as humming only; people say and type en."""
_VOWELS = frozenset("aeiouv")


def _toneless(reading: str) -> str:
    """Takes the tone mark away; ü is written v, as it is typed."""
    plain = unicodedata2.normalize("NFD", unicodedata2.normalize("NFC", reading).translate(_AS_V))
    return "".join(letter for letter in plain if unicodedata2.category(letter) != "Mn")


_AS_V = str.maketrans(dict.fromkeys("üǖǘǚǜ", "v"))


def _is_syllable(reading: str) -> bool:
    """Leaves out ê and the humming ones (m, ng, hng), which are no syllables that anybody writes words in."""
    return reading.isascii() and reading.isalpha() and not _VOWELS.isdisjoint(reading)


def _readings(text: str) -> list[str]:
    toneless = dict.fromkeys(_toneless(reading.strip()) for reading in text.split(","))
    return [reading for reading in toneless if _is_syllable(reading)]


def _all() -> Iterator[tuple[str, list[str]]]:
    table = json.loads(sources.pinyin().read_text("utf-8"))
    for code, text in sorted((int(code), _BY_HAND.get(chr(int(code)), text)) for code, text in table.items()):
        character = chr(code)
        if (is_han(character) or character == "〇") and resolve(character).text == character:
            yield character, _readings(text)


def lines() -> Iterator[str]:
    """Gives `character<TAB>reading reading …`, the usual one first.

    A syllable that no character of simplified Chinese has (wong, biang) is no syllable here.
    """
    everything = dict(_all())
    known = {said for character, found in everything.items() if in_gb2312(character) for said in found}
    for character, found in everything.items():
        if said := [reading for reading in found if reading in known][:_READINGS_MAX]:
            yield f"{character}\t{' '.join(said)}"
