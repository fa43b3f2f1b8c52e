"""What a set of attacked models shows: a tidy table, its summary, effects and intervals."""
