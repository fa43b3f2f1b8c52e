"""What can be attacked: a run folder, any JAX function, a Python callable. None knows a picture."""
