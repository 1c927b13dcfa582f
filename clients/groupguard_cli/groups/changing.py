"""Commands that change what becomes of groups."""

from typing import Annotated

import typer

from groupguard.rule.v1.group_registry_pb2 import DismissGroupsRequest
from groupguard.rule.v1.rule_service_pb2 import SetGroupRulesRequest
from groupguard_cli.batches import send_all, split
from groupguard_cli.confirmation import confirm
from groupguard_cli.failures import tell
from groupguard_cli.lines import read_ids, refusing_bad_lines
from groupguard_cli.options import AsJson, ChatId, ChatIds, ChatsFile, Corp, DryRun, Yes
from groupguard_cli.output import json_line
from groupguard_cli.session import connected

GROUPS_IN_CALL = 1_000


def dismiss(
    corp: Corp,
    chats: ChatIds = None,
    chats_file: ChatsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Mark groups as dismissed: no rule acts in them any more, and their bindings go.

    Examples:
        groupguard groups dismiss wrShop --corp ww1 --yes
    """
    with refusing_bad_lines():
        chat_ids = read_ids(chats, chats_file)
    if not chat_ids:
        raise typer.BadParameter("name groups, or give --chats-file", param_hint="CHAT")
    which = ", ".join(chat_ids) if len(chat_ids) <= 5 else f"{len(chat_ids):,} groups"
    confirm(f"Dismiss {which}? Their bindings go and do not come back.", yes)
    requests = [
        (len(part), DismissGroupsRequest(corp_id=corp, chat_ids=part))
        for part in split(chat_ids, GROUPS_IN_CALL)
    ]
    dismissed = released = 0
    with connected() as gg:
        for answer in send_all(gg.rules.DismissGroups, requests, title="dismissing", unit="groups"):
            dismissed += answer.dismissed_count
            released += answer.released_binding_count
            if as_json:
                print(json_line(answer))
    tell(f"Newly dismissed: {dismissed:,} of {len(chat_ids):,}; bindings that went: {released:,}.")


def set_rules(
    corp: Corp,
    chat: ChatId,
    rules: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULE", help="rule_id, any number; none takes all away."),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make some rules a group's only ones, of all that you may change.

    Examples:
        groupguard groups set-rules wrShop $RULE --corp ww1 --dry-run
    """
    request = SetGroupRulesRequest(corp_id=corp, chat_id=chat, rule_ids=rules, validate_only=dry_run)
    with connected() as gg:
        answer = gg.rules.SetGroupRules(request)
    if as_json:
        print(json_line(answer))
    else:
        for rule_id in answer.bound_rule_ids:
            print(f"+ {rule_id}")
        for rule_id in answer.unbound_rule_ids:
            print(f"- {rule_id}")
    if not (answer.bound_rule_ids or answer.unbound_rule_ids):
        tell("These are the group's rules already.")
    if dry_run:
        tell(f"It would touch {answer.blast_radius.member_count:,} members. Nothing was changed.")
