"""From WeCom to groupguard and back: the chat archive's records, the events of customer groups, what follows a verdict.

A program that follows a corp's archive is this:

    runner = ArchiveRunner(gg, corp_id, enforcer, FileCursor(Path("archive.seq")))
    await runner.run(pages)

`pages` are lists of `Archived` records, as the company's own use of WeCom's SDK brings and decrypts them; `enforcer` is the
company's `Enforcer`, or a `LoggingEnforcer` to begin with. `ChatEvents` keeps the registry of groups by the callbacks that
`read_chat_event` reads, and has customers checked who join.
"""

from groupguard_client.wecom.archive import Archived, ArchiveRunner, Tally
from groupguard_client.wecom.chat_events import ChatEvent, ChatEvents, Directory, read_chat_event
from groupguard_client.wecom.cursor import Cursor, FileCursor
from groupguard_client.wecom.enforcing import Case, Enforcer, LoggingEnforcer
from groupguard_client.wecom.records import Record, SenderOf, read_record, sender_by_id

__all__ = [
    "ArchiveRunner",
    "Archived",
    "Case",
    "ChatEvent",
    "ChatEvents",
    "Cursor",
    "Directory",
    "Enforcer",
    "FileCursor",
    "LoggingEnforcer",
    "Record",
    "SenderOf",
    "Tally",
    "read_chat_event",
    "read_record",
    "sender_by_id",
]
