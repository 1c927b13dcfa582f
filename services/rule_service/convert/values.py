"""Single values: numbers and durations of the protos to the domain's values and back."""

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from service_kit.errors import Violation
from service_kit.required import LAST_SECOND

K = TypeVar("K")


class ValueReader:
    """Reads values, keeping what is wrong until the end, so that all of it can be said at once."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def read(self, path: str, known: Mapping[Any, K], number: Any) -> K:
        """Returns what a number stands for; notes a violation where it stands for nothing."""
        if number not in known:
            self.violations.append(Violation(path, f"not a value this server knows: {number}"))
        return known.get(number, next(iter(known.values())))

    def milliseconds(self, path: str, duration: Duration) -> int:
        """Returns a duration in milliseconds; notes a violation where there is a fraction of one."""
        if duration.nanos % 1_000_000:
            self.violations.append(
                Violation(path, f"whole milliseconds are needed, not {duration.nanos} ns besides")
            )
        return duration.ToMilliseconds()

    def seconds(self, path: str, duration: Duration) -> int:
        """Returns a duration in seconds; notes a violation where there is a fraction of one."""
        if duration.nanos:
            self.violations.append(
                Violation(path, f"whole seconds are needed, not {duration.nanos} ns besides")
            )
        return duration.seconds


def write_enum(known: Mapping[Any, K], value: K) -> Any:
    """Returns the number that stands for a value."""
    return next(number for number, kind in known.items() if kind is value)


def seconds(stamp: Timestamp) -> float:
    """Returns a time in seconds since 1970, to the microsecond; 0 for one that is not set."""
    # A fraction of the last second of all would be rounded up, to what is no time.
    return min((stamp.seconds * 1_000_000 + stamp.nanos // 1_000) / 1_000_000, float(LAST_SECOND))


def timestamp(seconds: float) -> Timestamp:
    """Returns a time given in seconds since 1970."""
    stamp = Timestamp()
    stamp.FromMicroseconds(round(seconds * 1_000_000))
    return stamp
