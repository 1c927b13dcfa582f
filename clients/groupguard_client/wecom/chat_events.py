"""Events of customer groups (change_external_chat): what they change in the registry, and who may not have joined."""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree

from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.common.v1.sender_identity_pb2 import SENDER_IDENTITY_WECHAT_CUSTOMER
from groupguard.filter.v1.filter_service_pb2 import CheckMemberRequest
from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Sender
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.group_registry_pb2 import DismissGroupsRequest
from groupguard.rule.v1.rule_service_pb2 import UpsertGroupsRequest
from groupguard_client.client import AsyncGroupGuard
from groupguard_client.exceptions import GroupNotFound, InvalidArgument
from groupguard_client.wecom.enforcing import Case, Enforcer, enforce
from groupguard_client.wecom.records import SenderOf, sender_by_id
from groupguard_client.wecom.texts import text_of

_log = logging.getLogger("groupguard_client.wecom")
_EVENT = "change_external_chat"
_MOST_NAME = 128
_MOST_MEMBERS = 100_000
_EXTERNAL = 2
"""The `type` of a group's member who is not the corp's own."""


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """Something that happened to a customer group."""

    chat_id: str
    change: str
    """`create`, `update`, `dismiss`, or what WeCom may add."""
    detail: str
    """Of an update: `add_member`, `del_member`, `change_owner`, `change_name`, `change_notice`, or what WeCom may add."""
    members: tuple[str, ...]
    """Who was added or went: userids and external_userids."""
    time: Timestamp | None
    """When it happened."""


def read_chat_event(callback: str | Mapping[str, Any]) -> ChatEvent | None:
    """Reads a decrypted callback; None if it is about something else.

    Args:
        callback: its XML, or the fields of that by name.

    Raises:
        ValueError: it is no XML, or XML with definitions of its own, which WeCom never sends.
    """
    fields = _fields(callback) if isinstance(callback, str) else callback
    chat_id = text_of(fields.get("ChatId"))
    if fields.get("Event") != _EVENT or not chat_id:
        return None
    seconds = text_of(fields.get("CreateTime"))
    return ChatEvent(
        chat_id=chat_id,
        change=text_of(fields.get("ChangeType")),
        detail=text_of(fields.get("UpdateDetail")),
        members=tuple(_members(fields.get("MemChangeList"))),
        time=Timestamp(seconds=int(seconds)) if seconds.isdecimal() and len(seconds) < 12 else None,
    )


def _fields(xml: str) -> dict[str, Any]:
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise ValueError("a callback must not define entities")
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314  # without definitions it can't grow
    except ElementTree.ParseError as error:
        raise ValueError(f"not a callback's XML: {error}") from None
    return {
        child.tag: [item.text or "" for item in child] if len(child) else child.text or "" for child in root
    }


def _members(listed: Any) -> Iterable[str]:
    """Yields the ids, however the XML became fields: one text, a list, or a list under `Item`."""
    if isinstance(listed, Mapping):
        listed = listed.get("Item")
    ids = listed if isinstance(listed, list | tuple) else [listed]
    return filter(None, map(text_of, ids))


class Directory(Protocol):
    """Where a company looks up what an event does not tell."""

    async def group_chat(self, chat_id: str, /) -> Mapping[str, Any] | None:
        """Returns `group_chat` of what WeCom's externalcontact/groupchat/get answers; None if the group is gone."""

    async def strategy_ids(self, owner_userid: str, /) -> Iterable[str]:
        """Returns the management rules (管理规则) whose range this member is in; none if the corp has none."""


class ChatEvents:
    """Keeps a corp's registry of groups as the events tell, and has customers checked who join.

    An event that is handled twice, or late, does no harm: what counts for the registry is what the directory says now, and a
    join is known by its event, so it has the verdict of the first time.
    """

    def __init__(
        self,
        client: AsyncGroupGuard,
        corp_id: str,
        directory: Directory,
        enforcer: Enforcer,
        *,
        sender_of: SenderOf | None = None,
    ) -> None:
        """Takes what it works with; the client's token needs the roles registry and checker.

        Args:
            client: calls groupguard.
            corp_id: the corp whose events they are.
            directory: looks up groups.
            enforcer: does what follows a join.
            sender_of: tells what is known of somebody whom the directory does not list; goes by ids alone if None.
        """
        self._client = client
        self._corp_id = corp_id
        self._directory = directory
        self._enforcer = enforcer
        self._sender_of = sender_of or sender_by_id()

    async def handle(self, event: ChatEvent) -> None:
        """Brings the registry up to date, then checks whoever joined.

        Raises:
            CallError: groupguard could not be told or asked; handle the event again.
        """
        if event.change == "dismiss":
            await self._dismiss(event.chat_id)
        elif event.detail != "change_notice":
            chat = await self._directory.group_chat(event.chat_id)
            await self._upsert(event.chat_id, chat or {})
            for customer in self._joined(event, chat or {}):
                await self._check(event, customer)

    async def _dismiss(self, chat_id: str) -> None:
        try:
            await self._client.rules.DismissGroups(
                DismissGroupsRequest(corp_id=self._corp_id, chat_ids=[chat_id])
            )
        except GroupNotFound:
            return  # never heard of, so nothing is bound to it

    async def _upsert(self, chat_id: str, chat: Mapping[str, Any]) -> None:
        owner = text_of(chat.get("owner"))
        if not owner:
            return
        group = Group(
            chat_id=chat_id,
            owner_userid=owner,
            display_name=text_of(chat.get("name"))[:_MOST_NAME],
            strategy_ids=await self._directory.strategy_ids(owner),
            member_count=min(len(_listed(chat)), _MOST_MEMBERS),
        )
        await self._client.rules.UpsertGroups(UpsertGroupsRequest(corp_id=self._corp_id, groups=[group]))

    def _joined(self, event: ChatEvent, chat: Mapping[str, Any]) -> Iterator[Sender]:
        """Yields the customers who came with the event: all that are there, for a group that was made."""
        listed = {text_of(member.get("userid")): member for member in _listed(chat)}
        ids = listed if event.change == "create" else event.members if event.detail == "add_member" else ()
        for id in ids:
            if member := listed.get(id):
                if member.get("type") == _EXTERNAL:
                    yield _customer(id, member)
            elif (sender := self._sender_of(event.chat_id, id)).kind == SENDER_KIND_CUSTOMER:
                yield sender

    async def _check(self, event: ChatEvent, customer: Sender) -> None:
        event_id = _event_id(event, customer.external_userid)
        request = CheckMemberRequest(
            corp_id=self._corp_id,
            event_id=event_id,
            change=CheckMemberRequest.CHANGE_JOIN,
            chat_id=event.chat_id,
            member=customer,
            event_time=event.time,
        )
        try:
            answer = await self._client.filter.CheckMember(request)
        except InvalidArgument as error:
            _log.error("a join in %s is not judged: %s", event.chat_id, error)
            return
        case = Case(self._corp_id, event.chat_id, customer.external_userid, event_id, (answer.verdict,))
        await enforce(case, self._enforcer, joined=True)


def _listed(chat: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    members = chat.get("member_list")
    return [it for it in members if isinstance(it, Mapping)] if isinstance(members, list) else []


def _customer(id: str, member: Mapping[str, Any]) -> Sender:
    """Returns what a group's list of members tells of a customer; what it does not name stays unknown."""
    sender = Sender(kind=SENDER_KIND_CUSTOMER, external_userid=id)
    if "group_nickname" in member:
        sender.group_nickname = text_of(member["group_nickname"])[:_MOST_NAME]
    if "name" in member:
        sender.name = text_of(member["name"])[:_MOST_NAME]
    if member.get("unionid"):  # which only WeChat users have
        sender.identity = SENDER_IDENTITY_WECHAT_CUSTOMER
    return sender


def _event_id(event: ChatEvent, id: str) -> str:
    """Returns an id by which a join is known again; WeCom gives none, and sends an event again with the same time."""
    if event.time is None:
        return ""
    parts = (event.chat_id, event.change, event.detail, str(event.time.ToSeconds()), id)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
