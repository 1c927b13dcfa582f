"""Writes docs/api.md from the protos and their comments."""
