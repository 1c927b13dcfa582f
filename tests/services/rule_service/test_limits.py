"""Every number that rules keep to, through gRPC: at it a call passes, one beyond it the error tells what is allowed.

A new constant of `rule_service.domain.limits` needs a row: in `support.field_rows` for what a request may hold and for what is
put where it says nothing, in `support.quota_rows` for what a corp may hold; or, where it bounds work or an answer, a test that
WORK names here. Rows have the documented numbers, not the code's.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from rule_service.domain import limits
from support.field_rows import DEFAULTS, FIELDS, Default, Field
from support.limited_corp import LimitedCorp
from support.quota_rows import QUOTAS


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row.constant}-{row.path}")
async def test_a_field_may_be_as_large_as_its_limit_and_no_larger(row: Field, corp: LimitedCorp) -> None:
    """The violation names the field, what is allowed and what was sent."""
    if row.constant:
        assert getattr(limits, row.constant) in (row.most, (row.least, row.most))
    await corp.put(row.rules, row.groups)
    for number in (row.least, row.most):
        await corp.call(row.request(number))
    for number in (row.most + 1, *([] if row.below is None else [row.below])):
        told = await corp.refusal(row.request(number))
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
        says = row.says.format(least=row.least, most=row.most, sent=number, seconds=number / 1000)
        assert told.violations == ((row.path, says),)


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row.constant)
async def test_what_a_request_leaves_open_is_told_in_the_answer(row: Default, corp: LimitedCorp) -> None:
    """The caller sees what the rule does, without knowing the server's defaults."""
    assert getattr(limits, row.constant) == row.value
    assert row.read(await corp.call(row.request)) == row.value


@dataclass(frozen=True)
class Work:
    """A bound of what a call looks at, of what an answer holds, or of what is kept."""

    constant: str
    most: int
    test: str
    """Where it is walked up to: file and function."""


WORK = [
    Work("ACTIVE_GROUPS", 2000, "test_bounded_work.py::test_2000_groups_are_offered_for_choosing"),
    Work("GROUPS_LOOKED_AT", 10_000, "test_bounded_work.py::test_a_page_of_groups_is_made_of_10000"),
    Work("RELEASES_LOOKED_AT", 100, "test_bounded_work.py::test_a_page_of_released_bindings_is_made_of_100_writes"),
    Work("RELEASES_KEPT", 1000, "test_released.py::test_the_last_writes_are_kept_and_not_one_more"),
    Work("REVISIONS_PER_RULE", 50, "test_bounded_work.py::test_50_changes_of_a_rule_are_kept"),
    Work("RECORDS_PER_IMPORT_PART", 1000, "test_transfer.py::test_parts_keep_to_their_form"),
    Work("GROUPS_PER_MIGRATED_RULE", 1_000_000, "test_transfer.py::test_migration_has_a_bound_too"),
    Work("KEYWORD_WARNINGS", 100, "test_keyword_warnings.py::test_100_warnings_are_given_and_not_one_more"),
    Work("WARNING_WORDS", 5, "test_keyword_warnings.py::test_5_words_are_named_and_not_one_more"),
    Work("NOTICE_CHARACTERS", 1000, "test_notice.py::test_what_does_not_fit_into_the_announcement_goes"),
]  # fmt: skip


@pytest.mark.parametrize("row", WORK, ids=lambda row: row.constant)
def test_what_bounds_work_is_walked_up_to_elsewhere(row: Work) -> None:
    """By a test that is there, of the constant as documented."""
    assert getattr(limits, row.constant) == row.most
    file, _, name = row.test.partition("::")
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    assert name in {it.name for it in tree.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_limit_has_a_row() -> None:
    """A limit that nobody walks up to is a limit that nobody keeps."""
    rows = {row.constant for table in (FIELDS, QUOTAS, DEFAULTS, WORK) for row in table}
    assert rows - {""} == {name for name in vars(limits) if name.isupper() and not name.startswith("_")}
