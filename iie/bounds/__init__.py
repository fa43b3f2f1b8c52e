"""Limits on what any attacker can do with any release, from samples: one bound a file."""
