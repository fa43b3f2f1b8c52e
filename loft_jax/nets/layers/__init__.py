"""Layers that are faster here than the library's own."""
