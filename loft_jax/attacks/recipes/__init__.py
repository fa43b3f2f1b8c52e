"""Published attacks: one file a paper, and the table of them."""
