"""The paper's experiments by name: what is computed, and how it is drawn."""
