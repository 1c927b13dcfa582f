"""Where things are kept in the ephemeral store, and for how long.

gg:filter:{corp}:sent:<chat_id>:<external_userid>              zset    a member a message, by when it was sent in ms
gg:filter:{corp}:said:<external_userid>:<content>[:<chat_id>]  zset    the same for messages that say the same, in the
                                                                       group or in all groups
gg:filter:{corp}:strikes:<chat_id>:<external_userid>           zset    `<rule_id> <message>`, by when it was sent in ms
gg:filter:{corp}:shadow:<chat_id>:<external_userid>            zset    the same for rules in state SHADOW
gg:filter:{corp}:outcome:<external_userid>:<m|e>:<id>          string  what came of a message or an event, in msgpack
gg:filter:{corp}:struck                                        zset    `<chat_id>:<external_userid>` of who may have
                                                                       strikes, by when they came
gg:filter:{corp}:struck_by                                     zset    `c:<chat_id>:<external_userid>` and
                                                                       `s:<external_userid>:<chat_id>`, by name

Logs of messages hold what any rule may ask for and not what the rules at the time ask for: so rules may change without
anything having to be moved. Ids are percent-encoded, in members as in keys.
"""

from functools import lru_cache

from filter_service.domain.counting import DAY_MS, LATE_MS
from service_kit.keys import corp_key, encode

LONGEST_WINDOW_MS = 3_600_000
"""Of a rule that counts messages."""
REACH_MS = LONGEST_WINDOW_MS + LATE_MS + 300_000
"""How far back messages are kept: a late one's window reaches as far, and replicas' clocks differ."""
STRIKES_MS = DAY_MS + 3_600_000
"""How long strikes are kept after the last one came."""
MOST_IN_LOG = 10_000
"""Messages in one log, 1 MB: two a second for the whole time. Of a sender who sends more the oldest are forgotten."""
MOST_STRIKES = 2_000
"""Strikes of a customer in a group. An enforced rule kicks after 11 at most; those of rules in state SHADOW, and those
sent out of order, add up."""


@lru_cache(maxsize=10_000)
def encoded(id: str) -> str:
    """Returns an id as it stands in keys."""
    return encode(id)


@lru_cache(maxsize=10_000)
def prefix(corp_id: str) -> str:
    """Returns what all keys of a corp begin with."""
    return f"{corp_key('filter', corp_id)}:"
