"""Plans an installation larger than any that was measured; `make scaling` prints what docs/scaling.md shows."""
