"""Published defenses, a file and a row each."""
