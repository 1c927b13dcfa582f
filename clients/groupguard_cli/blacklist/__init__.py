"""`groupguard blacklist`: customers that a corp, or one of its members, wants in no group."""
