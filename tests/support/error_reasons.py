"""The reasons of errors as the proto declares and comments them."""

from __future__ import annotations

import re

from groupguard.common.v1.error_reason_pb2 import ErrorReason
from support.services import ROOT

_PROTO = (ROOT / "protos/groupguard/common/v1/error_reason.proto").read_text("utf-8")

REASONS = [name.removeprefix("ERROR_REASON_") for name, number in ErrorReason.items() if number]
"""All that can be sent, by number."""
CODES: dict[str, str] = {
    reason: code
    for block in _PROTO.split("\n\n")
    for code, reason in re.findall(
        r"\A  // ([A-Z_]+): .*^  ERROR_REASON_(\w+) = \d+;", block, re.DOTALL | re.MULTILINE
    )
}
"""The status code that each comes with, as its comment says."""
