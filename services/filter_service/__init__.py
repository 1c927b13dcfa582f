"""FilterService: judges messages by rules held in memory."""
