"""python -m loft_jax: the commands, a line each."""

import sys

import loft_jax


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


def main(arguments: list[str]) -> int:
    """Show the commands; exit code 2 where something else was asked."""
    if arguments and arguments[0] not in ("-h", "--help"):
        print(f"error: no command `{arguments[0]}`; python -m loft_jax lists them", file=sys.stderr)
        return 2
    print(told())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
