"""How a space is searched, one method a file."""
