"""Attackers that more than one defense has to stand: they look behind the head, or ask again."""

from loft_jax.defenses.base import Adaptive

PRE_CODE = Adaptive(identity="pattern")
"""The angle between the trunk's features and the pattern of the class replaces the identity loss:
what the head hides, activation and rank, is left behind."""
AVERAGE = {"average": Adaptive(repeats=8)}
"""Who only asks, of answers that are random, asks eight times and takes the mean."""
