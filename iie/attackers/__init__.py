"""Attackers with a closed form, and what they achieve in simulation."""
