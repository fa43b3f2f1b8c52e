"""The command line of the theory: python -m iie COMMAND."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from iie._input import checks
from iie.commands.shared import Parser

COMMANDS = ("theorem1", "curve", "bits", "design", "filter", "bounds", "guarantee")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when done, 1 if theory and simulation disagree. Bad input exits with 2.
    """
    options = _parser().parse_args(arguments)
    parser: Parser = options.parser
    try:
        if "seed" in options:
            checks.count("--seed", options.seed, at_least=0)
        return options.run(options)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        where = error.filename or "the output"
        parser.error(f"{where} could not be written ({error.strerror or error})")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m iie", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name in COMMANDS:
        import_module(f"iie.commands.{name}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
