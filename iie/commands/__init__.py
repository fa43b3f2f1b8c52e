"""The commands of `python -m iie`, one a file: its flags, what it computes, what it prints."""
