"""The roles each method asks for."""

from collections.abc import Mapping

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "CheckMessage": frozenset({"checker"}),
    "BatchCheckMessages": frozenset({"checker"}),
    "TestRule": frozenset({"super_admin", "strategy_admin", "member", "viewer", "checker"}),
}
"""Role kinds, one of which a method asks for; the comments in filter_service.proto say the same."""
