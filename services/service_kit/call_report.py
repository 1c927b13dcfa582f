"""What is told of a call: a line in the log, and its share in the metrics."""

import random
import secrets
import time

from service_kit import auth
from service_kit.request_log import log
from service_kit.telemetry import CallTally, spans


class CallReport:
    """One call: when it began, in which corp, and its id in the log."""

    __slots__ = ("_begun", "_call", "_method", "_sample", "_tally", "_timed", "corp_id")

    def __init__(self, method: str, sample: float, tally: CallTally, *, timed: bool = False) -> None:
        """Begins.

        Args:
            method: full name.
            sample: the share of successful calls to log.
            tally: counts how calls end.
            timed: whether it is worth noting how long this one takes; a stream is as long as its client likes.
        """
        self.corp_id = ""
        self._call = ""
        self._method = method
        self._sample = sample
        self._tally = tally
        self._timed = timed
        self._begun = time.perf_counter()

    @property
    def call(self) -> str:
        """The call's id in the log; made when somebody asks, for most calls are neither logged nor fail."""
        self._call = self._call or secrets.token_hex(4)
        return self._call

    @property
    def seconds(self) -> float:
        """How long the call has taken up to now."""
        return time.perf_counter() - self._begun

    def done(self, code: str, error: Exception | None = None) -> None:
        """Counts the call and writes the line; an INTERNAL one with its traceback."""
        self._tally.note(self._method, code, self.seconds if self._timed else None)
        spans.current.get().ended(code)
        if code == "OK" and self._sample < 1 and random.random() >= self._sample:  # noqa: S311 - sampling, no secret
            return
        line = log().bind(
            method=self._method,
            code=code,
            ms=round(self.seconds * 1000, 3),
            corp_id=self.corp_id[:64],
            caller=auth.caller().name,
            call=self.call,
        )
        if code == "INTERNAL":
            line.error("call", exc_info=error)
        else:
            line.info("call")
