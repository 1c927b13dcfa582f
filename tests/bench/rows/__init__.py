"""One module a row."""
