"""How groups look in tables."""

from groupguard_cli.output import Columns
from groupguard_cli.wording import moment

GROUPS: Columns = (
    ("chat_id", lambda group: group.chat_id),
    ("name", lambda group: group.display_name),
    ("owner", lambda group: group.owner_userid),
    ("strategies", lambda group: ";".join(group.strategy_ids)),
    ("members", lambda group: str(group.member_count or "")),
    ("last active", lambda group: moment(group.last_active_time)),
)
