"""How all commands speak, read and write."""
