"""How a message is judged; knows no I/O."""
