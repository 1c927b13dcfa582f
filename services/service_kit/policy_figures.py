"""The metrics of what a server takes and refuses."""

from service_kit.interceptor import CallPolicy
from service_kit.telemetry import Figure, counter, gauge


def figures_of(policy: CallPolicy) -> list[Figure]:
    """Returns what a policy's admission and quota tell."""
    admission, quota = policy.admission, policy.quota

    def refused() -> dict[str, float]:
        return {**admission.refused, "quota": quota.refused if quota else 0}

    return [
        gauge("groupguard_calls_under_way", "Unary calls under way", lambda: admission.calls),
        gauge(
            "groupguard_calls_most", "Unary calls that may be under way at once", lambda: admission.most_calls
        ),
        gauge("groupguard_streams_open", "Streams that are open", lambda: admission.streams),
        gauge(
            "groupguard_request_bytes", "Bytes of the requests that are worked on", lambda: admission.bytes
        ),
        counter(
            "groupguard_refused_total",
            "Requests and streams that were refused for want of room",
            refused,
            "reason",
        ),
    ]
