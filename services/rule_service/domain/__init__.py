"""What rules are and which are valid; knows no I/O."""
