"""Networks from pictures to features, one family a file."""
