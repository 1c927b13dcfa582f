"""Protos to the domain and back."""
