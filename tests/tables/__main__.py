"""Writes every generated table: `python -m tables <folder>`."""

import sys
from pathlib import Path

from tables import folding, numerals, pinyin, words

_WRITERS = {
    "folded.tsv": folding.lines,
    "classes.tsv": folding.removed_lines,
    "numerals.tsv": numerals.lines,
    "pinyin.tsv": pinyin.lines,
    "common_words.txt": words.lines,
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in _WRITERS.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines()), "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
