"""Toneless readings of the Han characters that folding leaves."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import unicodedata2

from tables import sources
from tables.folding import resolve
from tables.script import in_gb2312, is_han

_READINGS_MAX = 8
_BY_HAND = {"嗯": "ēn"}
"""The source knows it as humming only; people say and type en."""
_VOWELS = frozenset("aeiouv")
_LEAST_FREQUENCY = 3
"""Of a word, for what is read in it to count: as often as that jieba's word list must have seen it."""
_LEAST_WORDS = 2
_LEAST_SHARE = 0.01
"""Words that a further reading needs, and their share of all words with the character. A dictionary's rare readings find nothing
that anybody writes and much that nobody means: 信 was once read shen, and 微信 would be found in every 为什么.
"""


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


def _heard() -> Mapping[str, Counter[str]]:
    """Counts, by character and reading, the words in which it is read so."""
    rows = (row.split(" ") for row in sources.words().read_text("utf-8").splitlines())
    used = {row[0] for row in rows if int(row[1]) >= _LEAST_FREQUENCY}
    heard: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, said in json.loads(sources.phrases().read_text("utf-8")).items():
        if phrase in used:
            for character, (reading, *_) in zip(phrase, said, strict=True):
                heard[character][_toneless(reading)] += 1
    return heard


def _in_use(found: list[str], heard: Counter[str]) -> list[str]:
    """Leaves the usual reading, and of the others those that words have."""
    least = max(_LEAST_WORDS, _LEAST_SHARE * heard.total())
    return [reading for place, reading in enumerate(found) if not place or heard[reading] >= least]


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
    heard = _heard()
    everything = {character: _in_use(found, heard[character]) for character, found in _all()}
    known = {said for character, found in everything.items() if in_gb2312(character) for said in found}
    for character, found in everything.items():
        if said := [reading for reading in found if reading in known][:_READINGS_MAX]:
            yield f"{character}\t{' '.join(said)}"
