"""The numbers a rule must keep to. Those marked * are WeCom's own, the others groupguard's choice."""

RULES_PER_OWNER = 1_000
"""* Rules of all super administrators together, of each management rule, of each member."""
GROUPS_PER_RULE = 20_000
"""* Groups a rule is effective in. Rules that are above it already may stay there, not grow."""
GROUPS_PER_MIGRATED_RULE = 1_000_000
"""Groups that an import in migration mode may leave a rule in: historical rules have more than GROUPS_PER_RULE."""
GROUPS_PER_CALL = 2_000
"""* Groups in one ConfigureGroups call."""
RULES_PER_CALL = 100
"""Rules in one ConfigureGroups call."""
GROUPS_PER_UPSERT = 1_000
"""Groups in one UpsertGroups call."""
GROUPS_PER_DISMISSAL = 1_000
"""Groups in one DismissGroups call."""
ACTIVITIES_PER_CALL = 1_000
"""Groups in one ReportActivity call."""
ACTIVE_GROUPS = 2_000
"""* Groups offered for choosing: the most recently active. It limits the list, not what can be bound."""
GROUPS_PER_PAGE = 2_000
"""Groups in one page of ListGroups."""
GROUPS_LOOKED_AT = 10_000
"""Groups that one ListGroups call looks at, whatever it selects: some 50 ms of the store's time."""
RELEASES_KEPT = 1_000
"""Writes whose released bindings are kept; the oldest go."""
RELEASES_LOOKED_AT = 100
"""Of these, writes that one ListReleasedBindings call looks at."""
KEYWORDS_PER_RULE = 100
"""* Keywords in one condition."""
KEYWORD_CHARACTERS = 64
"""Characters of a keyword or an allow phrase."""
KEYWORD_WARNINGS = 100
"""Warnings of a rule's keywords in one answer."""
WARNING_WORDS = 5
"""Words that one of them names."""
ALLOW_PHRASES_PER_RULE = 100
"""Allow phrases in one condition."""
WEB_WHITELIST_PER_RULE = 1_000
"""* Web pages in one rule's whitelist."""
MINI_PROGRAM_WHITELIST_PER_RULE = 1_000
"""* Mini programs in one rule's whitelist."""
MESSAGE_CHARACTERS = (1, 10_000)
"""Bounds of a length condition's characters: no message is longer."""
MESSAGE_LINES = (1, 1_000)
TIMES = (1, 1_000)
"""Bounds of how often something may happen in a frequency or repeat condition."""
WINDOW_MS = (1_000, 3_600_000)
"""Bounds of the time it is counted in: 1 s to 1 h."""
TAGS_PER_SELECTOR = 100
CUSTOMERS_PER_SELECTOR = 1_000
WARNING_CHARACTERS = 200
RULE_NAME_CHARACTERS = 64
GROUP_NAME_CHARACTERS = 128
STRATEGIES_PER_GROUP = 20
MEMBERS_PER_GROUP = 100_000
"""Far above what WeCom allows; it guards the sums."""
RECORDS_PER_IMPORT_PART = 1_000
"""Records in one message of ImportCorp."""
RULES_PER_SET_CALL = 1_000
"""Rules in one SetGroupRules call."""
REASON_CHARACTERS = 200
"""Characters of the reason that a write of a rule gives."""
REVISIONS_PER_RULE = 50
"""Changes that are kept of each rule. With 100 keywords they take 87 KB of the store's memory if each keyword has 4
Han characters, 690 KB if each has 64; with every list full, 15 MB."""
EXEMPT_CUSTOMERS_PER_OWNER = 10_000
"""Customers in one list of exempt ones: the corp's, or a member's."""
EXEMPT_CUSTOMERS_PER_CALL = 1_000
"""Customers in one AddExemptCustomers or RemoveExemptCustomers call."""
EXEMPTION_REASON_CHARACTERS = 200
DECISION_RETENTION_SECONDS = (3_600, 7_776_000)
"""Bounds of how long logged decisions are kept: 1 hour to 90 days."""
DEFAULT_DECISION_RETENTION_SECONDS = 2_592_000
"""30 days."""
WARNINGS_BEFORE_KICK = (1, 10)
DEFAULT_WARNINGS_BEFORE_KICK = 3
NOTICE_CHARACTERS = 1_000
"""Characters of the announcement that tells a group its rules."""
