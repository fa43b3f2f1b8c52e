"""Bits: what a release lets out, and what that many bits can buy at best."""
