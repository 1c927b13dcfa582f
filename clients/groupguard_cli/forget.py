"""`groupguard forget`: erases a customer."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

import typer
from google.protobuf.message import Message

from groupguard.blacklist.v1 import forgetting_pb2 as blacklist
from groupguard.filter.v1 import forgetting_pb2 as filtering
from groupguard.rule.v1 import forgetting_pb2 as rules
from groupguard_cli.confirmation import confirm
from groupguard_cli.failures import tell
from groupguard_cli.options import AsJson, Corp, DryRun, Yes
from groupguard_cli.output import json_line
from groupguard_cli.session import connected
from groupguard_client import GroupGuard

_Answer = TypeVar("_Answer")

_NAMES = {
    "exemption_count": "lists of exempt customers",
    "history_count": "states of rules in their histories",
    "change_count": "writes in what FilterService follows",
    "enterprise_count": "entries on the enterprise blacklist",
    "personal_count": "entries on personal blacklists",
    "message_log_count": "logs of when messages were sent",
    "strike_count": "strikes",
    "outcome_count": "outcomes kept for retries",
    "hit_count": "logged decisions",
}
"""What counts in the services' answers are of."""
_SECONDS = 600.0
"""Each service has to do it in: all keys of a store, and the whole log of decisions, are looked through."""


def forget(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="external_userid.")],
    corp: Corp,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Erase a customer from blacklists, exemptions, counters, strikes and the log of decisions.

    Whatever was erased when it breaks off is; the same command does the rest. In rules that name the customer, (forgotten) comes in its place.

    Examples:
        groupguard forget wmA --corp ww1 --dry-run
        groupguard forget wmA --corp ww1 --yes
    """
    if not dry_run:
        confirm(f"Erase all that is kept of {customer}? There is no way back.", yes)
    with connected(timeout=_SECONDS) as gg:
        answers = _call(gg, corp, customer, validate_only=dry_run)
    if as_json:
        for answer in answers:
            print(json_line(answer))
    else:
        for answer in answers:
            for field, name in _NAMES.items():
                if field in answer.DESCRIPTOR.fields_by_name:
                    print(f"{name}\t{getattr(answer, field)}")
    named = answers[0].rule_ids
    total = len(named) + sum(getattr(answer, field, 0) for answer in answers for field in _NAMES)
    tell(f"There is this of {customer}: {total:,} in all." if dry_run else f"Erased: {total:,} in all.")
    if named:
        tell(f"Rules that {'name' if dry_run else 'named'} {customer}: {', '.join(named)}.")


def _call(
    gg: GroupGuard, corp: str, customer: str, *, validate_only: bool
) -> tuple[rules.ForgetCustomerResponse, Message, Message]:
    """Asks the services in turn."""
    whose = {"corp_id": corp, "external_userid": customer}
    return (
        _last(gg.rules.ForgetCustomer(rules.ForgetCustomerRequest(**whose, validate_only=validate_only))),
        gg.blacklist.ForgetCustomer(blacklist.ForgetCustomerRequest(**whose, validate_only=validate_only)),
        _last(
            gg.filter.ForgetCustomer(filtering.ForgetCustomerRequest(**whose, validate_only=validate_only))
        ),
    )


def _last(answers: Iterable[_Answer]) -> _Answer:
    """Returns the last answer of a stream, which tells it all."""
    *_, last = answers
    return last
