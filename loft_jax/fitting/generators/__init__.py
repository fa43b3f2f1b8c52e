"""Fitting a prior: the session behind `python -m loft_jax.fit_prior`."""
