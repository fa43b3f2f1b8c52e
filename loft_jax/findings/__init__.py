"""What a set of attacked models shows: one tidy table, its summary, effects with their intervals."""
