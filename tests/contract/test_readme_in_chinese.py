"""README.zh-CN.md says what README.md says, as far as that can be seen without understanding it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"required": "必填", "none": "无", "all": "全部"}
"""Words that stand for themselves in columns of tables."""
LINKS = {"README.zh-CN.md": "README.md"}
"""Where the Chinese page links otherwise than the English one: to the other language."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it, up to the next."""

    heading: str
    code: list[str]
    """Blocks, with their language."""
    tables: list[list[list[str]]]
    """Cells by row, without what is above the line."""
    prose: str
    """Everything that is neither."""

    @property
    def level(self) -> int:
        return len(self.heading) - len(self.heading.lstrip("#"))

    @property
    def named(self) -> Counter[str]:
        """Everything in the prose that is the same in any language: code and links."""
        return Counter(spans(self.prose) + [LINKS.get(it, it) for it in targets(self.prose)])

    @property
    def numbers(self) -> set[str]:
        return set(re.findall(r"\d[\d,.]*\d|\d", re.sub(r"`[^`]*`|\]\([^)]*\)", "", self.prose)))


def spans(text: str) -> list[str]:
    """The code within a text."""
    return re.findall(r"`([^`]+)`", text)


def targets(text: str) -> list[str]:
    """Where a text links to."""
    return re.findall(r"\]\(([^)]+)\)", text)


def sections(page: str) -> list[Section]:
    """The parts of a page; a comment in a block of code is no heading."""
    blocks: list[str] = []

    def lift(match: re.Match[str]) -> str:
        blocks.append(match[0])
        return f"\0{len(blocks) - 1}\0\n"

    text = re.sub(r"^```.*?^```$\n?", lift, (ROOT / page).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = []
    for part in re.split(r"^(?=#+ )", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        code = [blocks[int(number)] for number in re.findall(r"\0(\d+)\0", body)]
        tables = [
            [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows.splitlines()]
            for rows in re.findall(r"^\|---.*\n((?:\|.*\n)+)", body, re.MULTILINE)
        ]
        prose = re.sub(r"\0\d+\0|^\|.*$|<!--.*?-->", "", body, flags=re.MULTILINE)
        found.append(Section(heading, code, tables, prose))
    return found


ENGLISH, CHINESE = sections("README.md"), sections("README.zh-CN.md")
PAIRS = list(zip(ENGLISH, CHINESE, strict=False))


def lacks(english: Counter[str], chinese: Counter[str]) -> dict[str, list[str]]:
    """What one of them has more often than the other; empty if they are alike."""
    differences = {
        "only in README.md": sorted((english - chinese).elements()),
        "only in README.zh-CN.md": sorted((chinese - english).elements()),
    }
    return {where: what for where, what in differences.items() if what}


def test_both_have_the_same_sections_in_the_same_order() -> None:
    """By their levels, and by the code in headings."""
    for before, (english, chinese) in zip([None, *ENGLISH], zip_longest(ENGLISH, CHINESE), strict=False):
        last = before.heading if before else "the beginning"
        assert english, f"README.zh-CN.md has more sections than README.md: {chinese.heading!r}"
        assert chinese, f"README.zh-CN.md lacks {english.heading!r}, after {last!r}"
        alike = english.level == chinese.level and spans(english.heading) == spans(chinese.heading)
        assert alike, (
            f"after {last!r}: {english.heading!r} in README.md, {chinese.heading!r} in README.zh-CN.md"
        )


def test_blocks_of_code_are_the_same() -> None:
    """So what is tested of one is true of the other."""
    for english, chinese in PAIRS:
        for number, (one, other) in enumerate(zip_longest(english.code, chinese.code, fillvalue=""), 1):
            where = f"block {number} under {english.heading!r}"
            assert one, f"only README.zh-CN.md has {where}:\n{other}"
            assert other, f"README.zh-CN.md lacks {where}:\n{one}"
            assert one == other, f"{where} is another in README.zh-CN.md"


def test_tables_have_the_same_rows() -> None:
    """Commands, variables, defaults and services: everything but the words that explain them."""
    for english, chinese in PAIRS:
        where = f"the table under {english.heading!r}"
        assert len(english.tables) == len(chinese.tables), f"README.zh-CN.md lacks {where}, or has one more"
        for one, other in zip(english.tables, chinese.tables, strict=True):
            first = lacks(Counter(row[0] for row in one), Counter(row[0] for row in other))
            assert not first, f"rows of {where}: {first}"
            for row, told in zip(one, other, strict=True):
                assert row[0] == told[0], f"{where}: {row[0]} is at another place in README.zh-CN.md"
                assert len(row) == len(told), (
                    f"{where}: {row[0]} has {len(row)} cells, {len(told)} in Chinese"
                )
                for cell, translated in zip(row[1:-1], told[1:-1], strict=True):
                    expected = re.sub(r"\b(required|none|all)\b(?!`)", lambda word: NAMES[word[1]], cell)
                    assert translated == expected, (
                        f"{where}: {row[0]} has {cell!r}, {translated!r} in Chinese"
                    )
                named = lacks(Counter(spans(row[-1])), Counter(spans(told[-1])))
                assert not named, f"{where}, {row[0]}: {named}"


def test_texts_name_the_same_things() -> None:
    """Commands, variables, methods, files and links, section by section, and numbers."""
    for english, chinese in PAIRS:
        named = lacks(english.named, chinese.named)
        assert not named, f"{english.heading!r}: {named}"
        numbers = lacks(Counter(english.numbers), Counter(chinese.numbers))
        assert not numbers, f"numbers under {english.heading!r}: {numbers}"


def test_each_leads_to_the_other_before_anything_else() -> None:
    """In the first line below the title."""
    first = {
        page: (ROOT / page).read_text("utf-8").splitlines()[2] for page in ("README.md", "README.zh-CN.md")
    }
    assert targets(first["README.md"]) == ["README.zh-CN.md"]
    assert targets(first["README.zh-CN.md"]) == ["README.md"]
