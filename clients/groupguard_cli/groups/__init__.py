"""`groupguard groups`: the registry of customer groups."""
