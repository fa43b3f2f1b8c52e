"""Exact derivations of what the theory package computes; imports nothing but SymPy."""
