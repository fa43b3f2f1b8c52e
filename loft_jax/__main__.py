"""python -m loft_jax: the commands, a line each."""

from collections.abc import Sequence

import loft_jax
from loft_jax import cli


def told() -> str:
    """Every command with the first line of its module."""
    lines = [getattr(loft_jax, name).__doc__.splitlines()[0] for name in loft_jax.COMMANDS]
    pairs = [line.partition(": ") for line in lines]
    width = max(len(command) for command, _, _ in pairs)
    shown = [f"  {command:<{width}}  {what}" for command, _, what in pairs]
    return "\n".join(
        [
            "Train classifiers, attack them, and say what they give away. Commands:",
            "",
            *shown,
            "",
            "--help after any of them lists its flags; python -m iie is the theory.",
        ]
    )


def main(args: Sequence[str]) -> int:
    """Show the commands; returns the exit code."""
    if args and args[0] not in ("-h", "--help"):
        cli.fail(f"no command `{args[0]}` (python -m loft_jax lists them)")
    print(told())
    return 0


if __name__ == "__main__":
    cli.run(main)
