"""What a finished network is worth beyond accuracy: under attack, as odds, on bad pictures."""
