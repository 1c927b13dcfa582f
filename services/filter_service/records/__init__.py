"""What is kept of decisions: the log of those that hit something, and the numbers of all."""
