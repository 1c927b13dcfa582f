"""The `groupguard` command."""
