"""Exceptions whose message is meant for the user: what went wrong and how to mend it."""


class InputError(ValueError):
    """Bad input; the message names the argument, what is allowed and what came."""


class SaveError(OSError):
    """A checkpoint that could not be written; the earlier ones are intact."""


class DivergenceError(ArithmeticError):
    """A loss that is not finite; the message says where and what to try."""
