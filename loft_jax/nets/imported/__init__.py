"""Weights that other software trained: files, names, and what becomes of them here."""
