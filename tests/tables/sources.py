"""The files of the distributions that the tables are made of, read without importing any of their code."""

from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path


def _file(name: str, path: str) -> Path:
    return Path(str(distribution(name).locate_file(path)))


def opencc_rows(dictionary: str) -> Iterator[tuple[str, list[str]]]:
    """Gives a dictionary of OpenCC line by line: what is replaced, and its replacements, the preferred one first."""
    text = _file("opencc-python-reimplemented", f"opencc/dictionary/{dictionary}.txt").read_text("utf-8-sig")
    for line in text.splitlines():
        if line.strip():
            replaced, _, replacements = line.partition("\t")
            yield replaced, replacements.split()


def confusables() -> Path:
    """Unicode's confusables.txt as JSON: character → what it may be confused with."""
    return _file("confusable-homoglyphs", "confusable_homoglyphs/confusables.json")


def pinyin() -> Path:
    """Code point → readings with tone marks, separated by commas, the usual one first."""
    return _file("pypinyin", "pypinyin/pinyin_dict.json")


def phrases() -> Path:
    """Phrase → for each of its characters a list of the reading there, with its tone mark."""
    return _file("pypinyin", "pypinyin/phrases_dict.json")


def words() -> Path:
    """One `word frequency tag` a line."""
    return _file("jieba", "jieba/dict.txt")
