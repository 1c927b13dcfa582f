"""Commands that bind rules to groups and unbind them, however many groups there are."""

from typing import Annotated

import typer

from groupguard.rule.v1.group_registry_pb2 import ListGroupsRequest
from groupguard.rule.v1.rule_service_pb2 import ConfigureGroupsRequest
from groupguard.rule.v1.settings_pb2 import GetCorpSettingsRequest
from groupguard_cli.batches import send_all, split
from groupguard_cli.failures import show, tell
from groupguard_cli.lines import read_ids, refusing_bad_lines
from groupguard_cli.options import NO_LIMIT, AsJson, ChatIds, ChatsFile, Corp, DryRun
from groupguard_cli.output import Columns, json_line, print_list
from groupguard_cli.paging import pages
from groupguard_cli.rules.tally import Tally
from groupguard_cli.session import connected
from groupguard_client import GroupGuard

GROUPS_IN_CALL = 2_000
RULES_IN_CALL = 100
GROUPS_OF_RULE = 20_000
"""Groups one rule may be in, unless the corp's settings allow less."""

_COUNTS: Columns = (
    ("rule_id", lambda result: result.rule_id),
    ("groups before", lambda result: str(result.groups_before)),
    ("groups after", lambda result: str(result.groups_after)),
)

Rules = Annotated[str, typer.Argument(metavar="RULE[,RULE...]", help="rule_id; several with commas between.")]
AllGroups = Annotated[bool, typer.Option("--all-groups", help="All groups of the registry.")]


def bind(
    corp: Corp,
    rules: Rules,
    chats: ChatIds = None,
    chats_file: ChatsFile = None,
    all_groups: AllGroups = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bind rules to groups, where they are not yet. Any number of groups: they go in several calls.

    Examples:
        groupguard rules bind $RULE wrShop wrSchool --corp ww1 --dry-run
        groupguard rules bind $RULE --corp ww1 --all-groups
    """
    chat_ids = _chats_named(chats, chats_file, all_groups)
    _configure(corp, ConfigureGroupsRequest.OPERATION_BIND, rules, chat_ids, dry_run, as_json)


def unbind(
    corp: Corp,
    rules: Rules,
    chats: ChatIds = None,
    chats_file: ChatsFile = None,
    all_groups: AllGroups = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take rules out of groups. Any number of groups: they go in several calls.

    Examples:
        groupguard rules unbind $RULE wrShop --corp ww1
        groupguard rules unbind $RULE --corp ww1 --chats-file chats.txt
    """
    chat_ids = _chats_named(chats, chats_file, all_groups)
    _configure(corp, ConfigureGroupsRequest.OPERATION_UNBIND, rules, chat_ids, dry_run, as_json)


def _chats_named(chats: ChatIds, file: ChatsFile, all_groups: bool) -> list[str] | None:
    """Returns the groups that are named, or None for all of the registry."""
    with refusing_bad_lines():
        chat_ids = read_ids(chats, file)
    if bool(chat_ids) == all_groups:
        raise typer.BadParameter("name groups, or give --chats-file or --all-groups", param_hint="CHAT")
    return chat_ids or None


def _configure(
    corp: str,
    operation: ConfigureGroupsRequest.Operation.ValueType,
    rules: str,
    chat_ids: list[str] | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    rule_ids = list(dict.fromkeys(filter(None, map(str.strip, rules.split(",")))))
    tally = Tally()
    with connected() as gg:
        if chat_ids is None:
            chat_ids = _all_chats(gg, corp)
        requests = _requests(corp, operation, rule_ids, chat_ids, dry_run)
        title = "binding" if operation == ConfigureGroupsRequest.OPERATION_BIND else "unbinding"
        answers = send_all(gg.rules.ConfigureGroups, requests, title=title, unit="bindings", dry_run=dry_run)
        try:
            for answer in answers:
                tally.add(answer)
                if as_json:
                    print(json_line(answer))
        finally:  # what was done before a failure is shown
            if tally.counts and not as_json:
                print_list(tally.counts.values(), _COUNTS, as_json=False, nothing="")
        if dry_run:
            # A single call's own limits are told by its answer.
            limit = _groups_per_rule(gg, corp) if len(requests) > 1 else GROUPS_OF_RULE
            _tell_blast_radius(tally, limit, exact=len(rule_ids) <= RULES_IN_CALL)


def _all_chats(gg: GroupGuard, corp: str) -> list[str]:
    request = ListGroupsRequest(corp_id=corp)
    found = pages(gg.rules.ListGroups, request, "groups", limit=NO_LIMIT, page=GROUPS_IN_CALL)
    return [group.chat_id for group in found]


def _requests(
    corp: str,
    operation: ConfigureGroupsRequest.Operation.ValueType,
    rule_ids: list[str],
    chat_ids: list[str],
    dry_run: bool,
) -> list[tuple[int, ConfigureGroupsRequest]]:
    """Returns the calls to make, each with the number of bindings it is about."""
    return [
        (
            len(some_chats) * len(some_rules),
            ConfigureGroupsRequest(
                corp_id=corp,
                operation=operation,
                rule_ids=some_rules,
                chat_ids=some_chats,
                validate_only=dry_run,
            ),
        )
        for some_rules in split(rule_ids, RULES_IN_CALL)
        for some_chats in split(chat_ids, GROUPS_IN_CALL)
    ]


def _groups_per_rule(gg: GroupGuard, corp: str) -> int:
    settings = gg.rules.GetCorpSettings(GetCorpSettingsRequest(corp_id=corp))
    return settings.limits.groups_per_rule or GROUPS_OF_RULE


def _tell_blast_radius(tally: Tally, limit: int, *, exact: bool) -> None:
    """Says how much the change would touch; ends the command with exit code 1 if it would fail."""
    most = "" if exact else "at most "
    tell(
        f"It would begin or end in {most}{tally.group_count:,} groups with {most}{tally.member_count:,} members. "
        "Nothing was changed."
    )
    if over := tally.over_limit(limit):
        show(f"It would fail: more groups than allowed for {', '.join(over)}.")
        raise typer.Exit(1)
