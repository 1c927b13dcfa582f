"""Real servers for tests: Valkey alone, as a cluster, behind Sentinel and behind TLS."""
