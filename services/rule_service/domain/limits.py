"""The numbers a rule must keep to. Those marked * are WeCom's own, the others groupguard's choice."""

RULES_PER_OWNER = 1_000
"""* Rules of all super administrators together, of each management rule, of each member."""
GROUPS_PER_RULE = 20_000
"""* Groups a rule is effective in. Rules that are above it already may stay there, not grow."""
GROUPS_PER_CALL = 2_000
"""* Groups in one ConfigureGroups call."""
RULES_PER_CALL = 100
"""Rules in one ConfigureGroups call."""
GROUPS_PER_UPSERT = 1_000
"""Groups in one UpsertGroups call."""
KEYWORDS_PER_RULE = 100
"""* Keywords in one condition."""
KEYWORD_CHARACTERS = 64
WARNING_CHARACTERS = 200
RULE_NAME_CHARACTERS = 64
GROUP_NAME_CHARACTERS = 128
STRATEGIES_PER_GROUP = 20
WARNINGS_BEFORE_KICK = (1, 10)
DEFAULT_WARNINGS_BEFORE_KICK = 3
