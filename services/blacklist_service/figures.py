"""The metrics of BlacklistService's own."""

from blacklist_service.publishing import Publisher
from service_kit.telemetry import Figure, counter, gauge


def figures_of(publisher: Publisher) -> list[Figure]:
    """Returns what publishing filters tells."""
    published = publisher.published
    return [
        counter(
            "groupguard_filters_published_total", "Filters that were published", lambda: published.filters
        ),
        counter(
            "groupguard_filters_published_entries_total",
            "Entries of those filters",
            lambda: published.entries,
        ),
        counter(
            "groupguard_filters_published_bytes_total", "Bytes of those filters", lambda: published.bytes
        ),
        counter(
            "groupguard_filters_published_seconds_total",
            "Seconds that making and publishing them took",
            lambda: published.seconds,
        ),
        gauge(
            "groupguard_filter_fill_ratio",
            "Entries of the newest filter as a share of those it was made for",
            lambda: published.fill,
        ),
        gauge(
            "groupguard_filter_random_hits_ratio",
            "Share of random customers that the newest filter would call listed",
            lambda: published.mistaken,
        ),
    ]
