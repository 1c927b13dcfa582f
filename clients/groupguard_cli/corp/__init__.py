"""`groupguard corp`: a corp's settings, and its configuration as a file."""
