"""Training: state, step, loop, checkpoint, mesh, log."""
