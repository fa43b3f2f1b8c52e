"""What every job has: folder, settings, identity, devices, interrupt, environment."""
