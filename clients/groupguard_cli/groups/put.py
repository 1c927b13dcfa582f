"""`groupguard groups put`: puts a file of groups into the registry."""

from pathlib import Path
from typing import Annotated

import typer

from groupguard.rule.v1.rule_service_pb2 import UpsertGroupsRequest
from groupguard_cli.batches import send_all, split
from groupguard_cli.failures import tell
from groupguard_cli.groups.files import read_groups
from groupguard_cli.lines import refusing_bad_lines
from groupguard_cli.options import AsJson, Corp
from groupguard_cli.output import json_line
from groupguard_cli.session import connected

GROUPS_IN_CALL = 1_000


def put(
    corp: Corp,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with a heading: chat_id, owner_userid, and if known display_name, strategy_ids (with ; between "
            "them), member_count. Or a group as protobuf JSON on each line, as `groups list --json` prints. - is stdin.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Put groups into the registry, or replace what it knows of them.

    Examples:
        groupguard groups put groups.csv --corp ww1
    """
    with refusing_bad_lines():
        groups = read_groups(file)
    requests = [
        (len(part), UpsertGroupsRequest(corp_id=corp, groups=part)) for part in split(groups, GROUPS_IN_CALL)
    ]
    created = released = 0
    with connected() as gg:
        for answer in send_all(gg.rules.UpsertGroups, requests, title="putting", unit="groups"):
            created += answer.created_count
            released += answer.released_binding_count
            if as_json:
                print(json_line(answer))
    tell(f"Groups: {len(groups):,}, new: {created:,}; bindings that went: {released:,}.")
