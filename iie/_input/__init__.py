"""What callers hand in, checked once: arrays, weights, priors and releases that fit each other."""
