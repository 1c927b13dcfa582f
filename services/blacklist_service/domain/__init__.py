"""What lists and entries are, which are valid and where they belong; knows no I/O."""
