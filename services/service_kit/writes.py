"""What makes a write safe to repeat: its request_id, and a fingerprint that tells a repeat from a mistake."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from service_kit.auth import caller
from service_kit.ids import request_id_or_new


@dataclass(frozen=True, slots=True)
class Write:
    """A write of a corp. Scripts remember it for an hour (`lua/_request.lua`)."""

    corp_id: str
    request_id: str
    fingerprint: str
    """Hash over who wrote what: the method, the caller, the request's body."""


def begin_write(request: Any) -> Write:
    """Returns what makes a request safe to repeat.

    Args:
        request: a message with the fields corp_id and request_id.

    Raises:
        InvalidFields: request_id is no UUID.
    """
    request_id = request_id_or_new(request.request_id)
    body: Message = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    digest = hashlib.sha256(f"{type(request).__name__} {caller().name!r} ".encode())
    digest.update(body.SerializeToString(deterministic=True))
    return Write(request.corp_id, request_id, digest.hexdigest())


def own_write(corp_id: str) -> Write:
    """Returns a write of ours, part of something larger, that is never repeated as such."""
    return Write(corp_id, str(uuid.uuid4()), "")
