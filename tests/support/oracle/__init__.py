"""What must come of messages, said once more: slowly, one after the other, and plainly."""
