"""Ids: WeCom's are taken as they are, within 64 bytes; ours sort by time."""

from __future__ import annotations

import uuid

import pytest

from service_kit.errors import InvalidFields
from service_kit.ids import new_rule_id, request_id_or_new, require_id


@pytest.mark.parametrize("id", ["a", "a" * 64, "字" * 21, "with space", "a:b{c}d", "é\u200b"])
def test_any_text_of_up_to_64_bytes_is_an_id(id: str) -> None:
    require_id("corp_id", id)


@pytest.mark.parametrize(
    ("id", "why"),
    [
        ("", "1 to 64 bytes are needed, not 0"),
        ("a" * 65, "1 to 64 bytes are needed, not 65"),
        ("字" * 22, "1 to 64 bytes are needed, not 66"),
        ("a\nb", "control characters are not allowed in an id"),
        ("a\x7f", "control characters are not allowed in an id"),
    ],
)
def test_other_texts_are_refused_under_their_fields_name(id: str, why: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        require_id("corp_id", id)
    assert [(it.field, it.description) for it in caught.value.violations] == [("corp_id", why)]


def test_a_request_id_has_one_spelling() -> None:
    """Else a retry through another library would write twice."""
    id = "5F0C7A1E-3D52-4A3C-9A57-0C1F6D6E2B11"
    assert (
        request_id_or_new(id)
        == request_id_or_new(f"{{{id.lower()}}}")
        == "5f0c7a1e-3d52-4a3c-9a57-0c1f6d6e2b11"
    )


def test_a_missing_request_id_becomes_a_new_uuid() -> None:
    one, other = request_id_or_new(""), request_id_or_new("")
    assert one != other
    assert str(uuid.UUID(one)) == one


@pytest.mark.parametrize("id", ["1", "not-a-uuid", "5f0c7a1e3d524a3c9a570c1f6d6e2b1"])
def test_a_request_id_that_is_no_uuid_is_refused(id: str) -> None:
    with pytest.raises(InvalidFields, match="a UUID is needed"):
        request_id_or_new(id)


def test_rule_ids_sort_by_creation() -> None:
    moments = [0.001, 1.0, 1_000_000_000.0, 1_900_000_000.123, 1_900_000_000.124]
    ids = [new_rule_id(moment) for moment in moments]
    assert ids == sorted(ids)
    assert {len(id) for id in ids} == {24}
    assert all(set(id) <= set("0123456789abcdef") for id in ids)


def test_rule_ids_of_one_moment_differ() -> None:
    assert len({new_rule_id(1.0) for _ in range(1000)}) == 1000
