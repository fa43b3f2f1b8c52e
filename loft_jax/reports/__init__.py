"""The page that `python -m loft_jax.report` writes: gathered folders, panels, one HTML file."""
