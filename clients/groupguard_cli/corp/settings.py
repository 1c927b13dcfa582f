"""Commands for a corp's settings."""

from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from groupguard.rule.v1.settings_pb2 import CorpSettings, GetCorpSettingsRequest, UpdateCorpSettingsRequest
from groupguard_cli.corp.values import assign, keys, shown
from groupguard_cli.options import AsJson, Corp
from groupguard_cli.output import print_one
from groupguard_cli.session import connected


def show(corp: Corp, as_json: AsJson = False) -> None:
    """Show a corp's settings, as `corp set` takes them; what is empty has its default.

    Examples:
        groupguard corp settings --corp ww1
    """
    with connected() as gg:
        settings = gg.rules.GetCorpSettings(GetCorpSettingsRequest(corp_id=corp))
        _print(settings, settings, as_json)


def set_(
    corp: Corp,
    assignments: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE",
            help="As share_exemptions=true, check_failure=error, limits.rules_per_owner=500 or "
            "decision_log.retention=7d; no value means the default. `corp settings` shows every key.",
        ),
    ],
    etag: Annotated[str, typer.Option("--etag", help="Refuse if the settings are not of this version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Change a corp's settings; those that are not named stay.

    Examples:
        groupguard corp set --corp ww1 share_exemptions=true check_failure=error
    """
    settings = CorpSettings(etag=etag)
    mask = FieldMask()
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or key not in keys():
            raise typer.BadParameter(
                f"{assignment!r} is no KEY=VALUE with one of the keys {', '.join(keys())}",
                param_hint="KEY=VALUE",
            )
        try:
            assign(settings, key, value)
        except ValueError as error:
            raise typer.BadParameter(f"{key}: {error}", param_hint="KEY=VALUE") from None
        mask.paths.append(key)
    with connected() as gg:
        request = UpdateCorpSettingsRequest(corp_id=corp, settings=settings, update_mask=mask)
        answer = gg.rules.UpdateCorpSettings(request)
        _print(answer.settings, answer, as_json)


def _print(settings: CorpSettings, message: Message, as_json: bool) -> None:
    print_one(message, ((key, shown(settings, key)) for key in keys()), as_json=as_json)
