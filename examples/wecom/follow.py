"""Follows a recorded chat archive: checks what customers said in two groups, and prints what would follow.

    python examples/wecom/follow.py examples/wecom/archive.jsonl --cursor archive.seq

It calls the services that the client's variables name, by default those of `groupguard serve all`. Run a second time, it
finds nothing new: the cursor is at the end. A real program differs in three places: `pages` asks WeCom's SDK for records
beyond the cursor and decrypts them, `Desk` looks groups up in WeCom, and `Robot` speaks in the group and removes customers.
"""

import argparse
import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    ListRulesRequest,
)
from groupguard_client import AsyncGroupGuard, keyword_rule
from groupguard_client.wecom import (
    Archived,
    ArchiveRunner,
    Case,
    ChatEvents,
    FileCursor,
    read_chat_event,
)

GROUPS = {
    "wrMarket0000000000000000000000001": {"name": "鲜果到家·城北会员群", "owner": "zhangmin"},
    "wrSchool0000000000000000000000002": {"name": "启明暑期班·家长群", "owner": "wangfang"},
}
CREATED = (
    "<xml><Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[{chat_id}]]></ChatId>"
    "<ChangeType><![CDATA[create]]></ChangeType><CreateTime>1764032000</CreateTime></xml>"
)
"""What WeCom calls back with when a group is made, decrypted."""


class Desk:
    """Knows the groups."""

    async def group_chat(self, chat_id: str) -> Mapping[str, Any] | None:
        """Returns what WeCom would answer."""
        return GROUPS.get(chat_id)

    async def strategy_ids(self, _: str) -> Iterable[str]:
        """This corp has no management rules."""
        return ()


class Robot:
    """Prints what it would do."""

    async def warn(self, case: Case, text: str) -> None:
        """Prints the warning."""
        print(f"{case.id}  warn  {case.external_userid} in {GROUPS[case.chat_id]['name']}: {text}")

    async def kick(self, case: Case) -> None:
        """Prints the removal."""
        print(f"{case.id}  kick  {case.external_userid} from {GROUPS[case.chat_id]['name']}")

    async def refuse(self, case: Case) -> None:
        """Prints the refusal."""
        print(f"{case.id}  refuse  {case.external_userid} in {GROUPS[case.chat_id]['name']}")


def pages(archive: Path) -> Iterator[Sequence[Archived]]:
    """Yields the records of a file, ten at a time."""
    with archive.open(encoding="utf-8") as lines:
        records = (Archived(**json.loads(line)) for line in lines)
        while page := list(islice(records, 10)):
            yield page


async def prepare(gg: AsyncGroupGuard, corp_id: str) -> str:
    """Registers the groups, makes and binds a rule unless that was done before, and returns the rules' revision."""
    events = ChatEvents(gg, corp_id, Desk(), Robot())
    for chat_id in GROUPS:
        if event := read_chat_event(CREATED.format(chat_id=chat_id)):
            await events.handle(event)
    if (await gg.rules.ListRules(ListRulesRequest(corp_id=corp_id))).rules:
        return ""
    rule = keyword_rule("广告引流", ["加微信"], warning="本群请勿发广告", kick=True)
    made = await gg.rules.CreateRule(CreateRuleRequest(corp_id=corp_id, rule=rule))
    bound = await gg.rules.ConfigureGroups(
        ConfigureGroupsRequest(
            corp_id=corp_id,
            operation=ConfigureGroupsRequest.OPERATION_BIND,
            rule_ids=[made.rule.rule_id],
            chat_ids=GROUPS,
        )
    )
    return bound.rules_revision


async def main(archive: Path, cursor: Path, corp_id: str) -> None:
    """Follows the archive to its end."""
    async with AsyncGroupGuard() as gg:
        revision = await prepare(gg, corp_id)
        runner = ArchiveRunner(gg, corp_id, Robot(), FileCursor(cursor), min_rules_revision=revision)
        await runner.run(pages(archive))
    tally = runner.tally
    print(f"{tally.records} records, {tally.judged} messages judged, {tally.enforced} records with effects")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--cursor", type=Path, required=True, help="file that keeps how far it came")
    parser.add_argument("--corp", default="ww9")
    asked = parser.parse_args()
    asyncio.run(main(asked.archive, asked.cursor, asked.corp))
