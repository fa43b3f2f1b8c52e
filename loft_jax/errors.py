"""Exceptions whose message is meant for the user: what went wrong and how to mend it."""


class InputError(ValueError):
    """Bad input; the message names the argument, what is allowed and what came."""


class SaveError(OSError):
    """A checkpoint that could not be written; the earlier ones are intact."""


class DivergenceError(ArithmeticError):
    """A loss that is not finite; the message says where and what to try."""


def one_line(error: BaseException) -> str:
    """What an error of somebody else's says, as the end of a sentence of ours."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def check_at_least(least: int, **numbers: int) -> None:
    """Check arguments by their names.

    Raises:
        InputError: naming the first that is less than `least`.
    """
    for name, number in numbers.items():
        if number < least:
            msg = f"`{name}` must be at least {least}, got {number}"
            raise InputError(msg)
