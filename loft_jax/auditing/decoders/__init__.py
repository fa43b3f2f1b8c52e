"""Decoders from released answers back to what was asked about: upper ends of what stays hidden."""
