"""Commands that create and change rules."""

from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import CreateRuleRequest, GetRuleRequest, UpdateRuleRequest
from groupguard_cli.options import AsJson, Corp, OwnerUserid, Reason, RuleId, StrategyId
from groupguard_cli.owners import owner_named, owner_or_admins
from groupguard_cli.rules import wanted
from groupguard_cli.rules.files import read_rule
from groupguard_cli.rules.tables import print_rule
from groupguard_cli.rules.wanted import Wanted
from groupguard_cli.rules.warnings import tell_warnings
from groupguard_cli.session import connected

RuleFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        help="A rule as protobuf JSON, as `rules show --json` prints it; - is stdin.",
    ),
]


def create(
    corp: Corp,
    file: RuleFile = None,
    name: wanted.Name = None,
    keyword: wanted.Keywords = None,
    allow_phrase: wanted.AllowPhrases = None,
    warn: wanted.Warn = None,
    kick: wanted.Kick = None,
    after_warnings: wanted.AfterWarnings = None,
    blacklist: wanted.BlacklistOption = None,
    state: wanted.StateOption = None,
    owner: OwnerUserid = "",
    strategy: StrategyId = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Create a rule from a file, from options, or from a file that options change.

    It belongs to the super administrators unless --owner, --strategy or the file says otherwise, and is disabled unless
    --state or the file does.

    Examples:
        groupguard rules create --corp ww1 --name Ads --keyword 加微信 --kick
        groupguard rules create rule.json --corp ww1
    """
    rule = read_rule(file) if file else Rule()
    Wanted(name, keyword, allow_phrase, warn, kick, after_warnings, blacklist, state).apply(rule)
    if (said := owner_named(owner, strategy)) is not None or not rule.HasField("owner"):
        rule.owner.CopyFrom(said or owner_or_admins(""))
    with connected() as gg:
        answer = gg.rules.CreateRule(CreateRuleRequest(corp_id=corp, rule=rule, reason=reason))
        print_rule(answer.rule, answer, as_json=as_json)
        tell_warnings(answer.warnings)


def update(
    corp: Corp,
    rule: RuleId,
    file: RuleFile = None,
    name: wanted.Name = None,
    keyword: wanted.Keywords = None,
    add_keyword: Annotated[
        list[str] | None, typer.Option("--add-keyword", metavar="TEXT", help="One more keyword.")
    ] = None,
    remove_keyword: Annotated[
        list[str] | None, typer.Option("--remove-keyword", metavar="TEXT", help="A keyword less.")
    ] = None,
    allow_phrase: wanted.AllowPhrases = None,
    warn: wanted.Warn = None,
    kick: wanted.Kick = None,
    after_warnings: wanted.AfterWarnings = None,
    blacklist: wanted.BlacklistOption = None,
    state: wanted.StateOption = None,
    fields: Annotated[
        str,
        typer.Option(
            "--fields", metavar="PATHS", help="What of FILE to take, as state,conditions.keywords; * for all."
        ),
    ] = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Change a rule: what a file sets of it, or what options say.

    --keyword replaces the keywords there are. If the file holds an etag, or if options are given, the change is
    refused when somebody else changes the rule in between.

    Examples:
        groupguard rules update $RULE --corp ww1 --add-keyword 低价转让 --kick
        groupguard rules update $RULE rule.json --corp ww1 --fields state
    """
    wish = Wanted(
        name,
        keyword,
        allow_phrase,
        warn,
        kick,
        after_warnings,
        blacklist,
        state,
        add_keyword or (),
        remove_keyword or (),
    )
    named = wish.named()
    if bool(file) == named:
        raise typer.BadParameter(
            "give a FILE or options that say what to change, not both", param_hint="FILE"
        )
    changed = read_rule(file) if file else Rule()
    if changed.rule_id not in ("", rule):
        raise typer.BadParameter(f"the file is about rule {changed.rule_id}", param_hint="FILE")
    changed.rule_id = rule
    mask = FieldMask(paths=fields.split(",")) if fields else None
    with connected() as gg:
        if named:
            changed = gg.rules.GetRule(GetRuleRequest(corp_id=corp, rule_id=rule))
            mask = FieldMask(paths=wish.apply(changed))
        request = UpdateRuleRequest(corp_id=corp, rule=changed, update_mask=mask, reason=reason)
        answer = gg.rules.UpdateRule(request)
        print_rule(answer.rule, answer, as_json=as_json)
        tell_warnings(answer.warnings)
