"""Measures what groupguard promises about time and memory; `make bench` runs it, pytest does not."""
