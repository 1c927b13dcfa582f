"""One message of a trial as people see it: the text with its hits, and a line for each of them."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from groupguard.filter.v1.filter_service_pb2 import TestRuleResponse
from groupguard.filter.v1.message_pb2 import Content
from groupguard.filter.v1.verdict_pb2 import MESSAGE_PART_TEXT, Hit
from groupguard.rule.v1.rule_pb2 import MatchMode
from groupguard_cli.trial.marking import Piece, as_rich, as_text, pieces, printable, shortened
from groupguard_cli.trial.texts import Place, texts_by_place
from groupguard_cli.wording import found_words, place_words, word

_MOST_LINES = 20
"""Hits of a message that get a line; --json lists all that the server does."""
_PLAIN_TEXT: Place = ((), MESSAGE_PART_TEXT)


class Screen:
    """Where it is shown: a terminal with colours, or anything else, which gets brackets."""

    def __init__(self) -> None:
        """Looks at standard output, NO_COLOR and TERM."""
        self._console = Console(highlight=False, soft_wrap=True)
        self._styled = self._console.color_system is not None and not self._console.no_color

    def line(self, before: str, some: Iterable[Piece]) -> None:
        """Shows pieces of a text behind something else."""
        if self._styled:
            self._console.print(Text.assemble((before, ""), as_rich(some)))
        else:
            print(before + as_text(some))

    def note(self, text: str, style: str = "") -> None:
        """Shows a line that is no text of a message."""
        if self._styled:
            self._console.print(Text(text, style))
        else:
            print(text)


def show_result(screen: Screen, number: int, content: Content, result: TestRuleResponse.Result) -> None:
    """Shows what was found in the message of a line."""
    texts = texts_by_place(content)
    kind = str(content.WhichOneof("content"))
    if kind == "text":
        [text] = texts.get(_PLAIN_TEXT, [""])
        screen.line(f"{number}  ", _marked(text, _PLAIN_TEXT, result))
    else:
        screen.line(f"{number}  ({kind.replace('_', ' ')})", _unmarked(texts, result))
        for place in _places(result):
            at_place = texts.get(place, [])
            if len(at_place) == 1:  # of several a hit does not tell which
                screen.line(f"   {place_words(*place)}: ", _marked(at_place[0], place, result))
    lines = [(hit, False) for hit in result.hits] + [(hit, True) for hit in result.excused]
    for hit, excused in lines[:_MOST_LINES]:
        screen.note(f"   - {_words(hit)}{' (excused)' * excused}", "dim" * excused)
    unlisted = result.hit_count - len(result.hits)
    if more := max(0, len(lines) - _MOST_LINES) + unlisted:
        screen.note(f"   … and {more} more")


def _marked(text: str, place: Place, result: TestRuleResponse.Result) -> list[Piece]:
    return shortened(pieces(text, _spans(result.hits, place), _spans(result.excused, place)))


def _unmarked(texts: dict[Place, list[str]], result: TestRuleResponse.Result) -> list[Piece]:
    """Returns the first text of a message of which no text is shown with its hits."""
    if not texts or any(len(texts.get(place, ())) == 1 for place in _places(result)):
        return []
    return shortened(pieces(f" {next(iter(texts.values()))[0]}", (), ()))


def _places(result: TestRuleResponse.Result) -> list[Place]:
    """Returns where hits have spans, in reading order."""
    both = (*result.hits, *result.excused)
    return sorted({_place(hit) for hit in both if hit.HasField("span")})


def _place(hit: Hit) -> Place:
    return tuple(hit.item_path), hit.part


def _spans(hits: Iterable[Hit], place: Place) -> Iterator[tuple[int, int]]:
    return ((hit.span.start, hit.span.end) for hit in hits if hit.HasField("span") and _place(hit) == place)


def _words(hit: Hit) -> str:
    """Says what was found, by which mode, why, and where if not in the plain text."""
    said = printable(found_words(hit))
    if hit.keyword:
        said += f" ({word(MatchMode, hit.match_mode, 'MATCH_MODE_')})"
    if why := hit.explanation or hit.web_page:
        said += f": {printable(why)}"
    if _place(hit) != _PLAIN_TEXT and (where := place_words(hit.item_path, hit.part)):
        said += f"; in {where}"
    return said
