"""What is measured of a trained classifier, in NumPy."""
