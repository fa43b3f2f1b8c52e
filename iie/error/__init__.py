"""The ideal inversion error: one route a file, one result for all of them."""
