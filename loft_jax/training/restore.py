"""A trained classifier from its run folder: what every command after training starts from."""
