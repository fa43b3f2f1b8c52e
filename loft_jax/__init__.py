"""LoFt-headed classifiers in JAX: train them, measure their rank, attack them.

Importing the package loads nothing heavy; each command imports what it needs.
"""

__version__ = "0.1.0"
