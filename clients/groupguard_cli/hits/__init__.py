"""`groupguard hits`: the log of decisions."""
