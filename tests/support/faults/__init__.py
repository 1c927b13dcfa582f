"""What the fault tests share: a whole suite, writers that note every acknowledged write, and steady load."""
