"""Field masks: which fields of an update change what is there."""

from collections.abc import Sequence
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from service_kit.errors import InvalidFields, Violation, invalid

M = TypeVar("M", bound=Message)


def merge(current: M, update: M, mask: FieldMask, changeable: Sequence[str], what: str) -> M:
    """Returns the current message with the masked fields of the update in it.

    Args:
        current: what is there; changed in place.
        update: what is asked.
        mask: paths to take over; `*` alone for all, and none at all for those that are set in the update.
        changeable: paths that a mask may name.
        what: what is updated, for errors.

    Raises:
        InvalidFields: the mask names something that can't be changed, or nothing.
    """
    paths = list(mask.paths)
    if paths == ["*"]:
        paths = [path for path in changeable if "." not in path]
    elif not paths:
        there = {field.name for field, _ in update.ListFields()}
        paths = [path for path in changeable if path in there]
    if wrong := [path for path in paths if path not in changeable]:
        raise InvalidFields(
            [
                Violation("update_mask", f"{path[:64]!r} can't be changed; {', '.join(changeable)} can")
                for path in wrong
            ]
        )
    if not paths:
        raise invalid("update_mask", f"nothing to change: no changeable field of the {what} is set")
    for path in paths:
        if "." in path:  # MergeMessage skips a path whose parent is unset; naming it means to clear the field
            getattr(update, path.partition(".")[0]).SetInParent()
    FieldMask(paths=paths).MergeMessage(update, current, True, True)
    return current
