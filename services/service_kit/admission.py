"""Which calls a server takes: no more than it can do, and none that would be too late.

What is not taken is refused at once, before work is spent on it, so that a server with too much to do still answers what it
takes in time.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service_kit import auth
from service_kit.errors import Overloaded, TooManyStreams

BUSY_SHARE = 0.5
"""From this share of the calls that may be under way, deadlines are looked at. Below it every call is tried: what methods took
when the server, or its store, was slow says nothing of now, and some call has to find out."""
DEFAULT_MOST_BYTES = 128 * 1024 * 1024
REASONS = ("calls", "deadline", "streams", "bytes")
"""What there was no room for: another call, one that would be too late, another stream, another request in memory."""
_WEIGHT = 0.1
"""Of the newest call in how long a method usually takes."""
_LEAST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds after which a refused call is worth another try."""


class Admission:
    """Counts what is under way."""

    def __init__(
        self, most_calls: int, streams_per_caller: int, most_bytes: int = DEFAULT_MOST_BYTES
    ) -> None:
        """Nothing is under way.

        Args:
            most_calls: unary calls at once.
            streams_per_caller: open streams of one caller at once.
            most_bytes: of all requests that are worked on.
        """
        self._most_calls = most_calls
        self._busy = most_calls * BUSY_SHARE
        self._streams_per_caller = streams_per_caller
        self._most_bytes = most_bytes
        self._calls = 0
        self._bytes = 0
        self._streams: Counter[str] = Counter()
        self._usual: dict[str, float] = {}
        self.refused = dict.fromkeys(REASONS, 0)
        """What was refused since the start, by reason."""

    @property
    def calls(self) -> int:
        """Unary calls under way."""
        return self._calls

    @property
    def most_calls(self) -> int:
        """As many as may be."""
        return self._most_calls

    @property
    def streams(self) -> int:
        """Open streams of all callers."""
        return self._streams.total()

    @property
    def bytes(self) -> int:
        """Of the requests that are worked on."""
        return self._bytes

    def require_room(self, method: str) -> None:
        """Checks that there is room for another unary call.

        Raises:
            Overloaded: there is none.
        """
        if self._calls >= self._most_calls:
            self.refused["calls"] += 1
            raise Overloaded(
                f"{self._calls} calls are under way here, as many as may be",
                self._pause(method),
                limit=str(self._most_calls),
            )

    def begin(self, method: str, remaining: float | None) -> None:
        """Takes a unary call; `end` gives its place back.

        Args:
            method: full name.
            remaining: seconds that its caller waits; None for any time.

        Raises:
            Overloaded: there is no room, or the answer would come too late.
        """
        self.require_room(method)
        if remaining is not None and self._calls >= self._busy:
            usual = self._usual.get(method, 0.0)
            if remaining < usual:
                self.refused["deadline"] += 1
                raise Overloaded(
                    f"{remaining:.3g} s are left, and this takes {usual:.3g} s now", self._pause(method)
                )
        self._calls += 1

    def end(self, method: str, seconds: float) -> None:
        """Gives a call's place back and notes how long it took."""
        self._calls -= 1
        usual = self._usual.get(method, seconds)
        self._usual[method] = usual + (seconds - usual) * _WEIGHT

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Counts a stream of the current caller while it is open.

        Raises:
            TooManyStreams: the caller has as many as it may.
        """
        name = auth.caller().name
        if self._streams[name] >= self._streams_per_caller:
            self.refused["streams"] += 1
            raise TooManyStreams(self._streams_per_caller)
        self._streams[name] += 1
        try:
            yield
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]

    @contextmanager
    def memory(self, size: int) -> Iterator[None]:
        """Counts the bytes of a request while it is worked on.

        Raises:
            Overloaded: those of all requests together would be too many.
        """
        if self._bytes + size > self._most_bytes:
            self.refused["bytes"] += 1
            raise Overloaded(
                f"requests under way here have {self._bytes} bytes, and {self._most_bytes} is the most; {size} more "
                "were asked for",
                _LEAST_PAUSE,
                limit=str(self._most_bytes),
            )
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size

    def _pause(self, method: str) -> float:
        return min(max(self._usual.get(method, 0.0), _LEAST_PAUSE), _LONGEST_PAUSE)
