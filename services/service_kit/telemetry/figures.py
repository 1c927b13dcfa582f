"""Numbers that a scrape reads where they are kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

Values = float | Mapping[str, float] | Mapping[tuple[str, ...], float]
"""One number; or one for each value of the label, or of the labels."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric whose value is asked for when it is scraped."""

    name: str
    """As docs/metrics.md lists it; a counter's ends in `_total`."""
    meaning: str
    read: Callable[[], Values]
    labels: tuple[str, ...]
    family: type[CounterMetricFamily] | type[GaugeMetricFamily]

    def measure(self) -> Metric:
        """Returns the metric as it is now."""
        values = self.read()
        family = self.family(self.name, self.meaning, labels=self.labels)
        if not isinstance(values, Mapping):
            family.add_metric((), values)
            return family
        for labels, value in values.items():
            family.add_metric((labels,) if isinstance(labels, str) else labels, value)
        return family


def counter(name: str, meaning: str, read: Callable[[], Values], *labels: str) -> Figure:
    """Declares a number that only ever grows while the process lives."""
    return Figure(name, meaning, read, labels, CounterMetricFamily)


def gauge(name: str, meaning: str, read: Callable[[], Values], *labels: str) -> Figure:
    """Declares a number that grows and shrinks."""
    return Figure(name, meaning, read, labels, GaugeMetricFamily)


class Figures(Collector):
    """The figures of a process."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = tuple(figures)

    def collect(self) -> Iterable[Metric]:
        """Reads them all."""
        return [figure.measure() for figure in self._figures]
