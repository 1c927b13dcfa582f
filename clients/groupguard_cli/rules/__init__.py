"""`groupguard rules`: rules, where they act, and how they came to be as they are."""
