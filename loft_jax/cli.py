"""What every command shares: flags from dataclasses, one sentence for bad input, exit codes.

Exit codes: 0 done; 2 bad input or no room to write; 3 the run diverged; 130 and 143 stopped by
SIGINT or SIGTERM after saving.
"""

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

import tyro

from loft_jax.errors import DivergenceError, InputError, SaveError

Config = TypeVar("Config")

_REGISTRY = tyro.constructors.ConstructorRegistry()


@_REGISTRY.primitive_rule
def _whole_number_or_none(
    info: tyro.constructors.PrimitiveTypeInfo,
) -> tyro.constructors.PrimitiveConstructorSpec | None:
    """Accept `--rank none` in any case; tyro alone knows only `None`."""
    if info.type != int | None:
        return None

    def parse(words: list[str]) -> int | None:
        if words[0].lower() == "none":
            return None
        if not words[0].removeprefix("-").isdecimal():
            msg = f"must be a whole number or none, got {words[0]}"
            raise ValueError(msg)
        return int(words[0])

    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="INT|none",
        instance_from_str=parse,
        is_instance=lambda value: value is None or isinstance(value, int),
        str_from_instance=lambda value: ["none" if value is None else str(value)],
    )


def absolute(name: str, *words: str) -> str:
    """The path made absolute if something is there; `words` are names of something else."""
    path = Path(name).expanduser()
    return name if not name or name in words or not path.exists() else str(path.resolve())


def parse(
    config_type: type[Config],
    *,
    prog: str,
    description: str,
    args: Sequence[str],
    default: Config | None = None,
) -> Config:
    """The settings that the flags give; prints help or one sentence and exits where they do not."""
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                config_type,
                prog=prog,
                description=description,
                args=args,
                default=tyro.MISSING_NONPROP if default is None else default,
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes),
                registry=_REGISTRY,
            )
    except SystemExit as stop:
        if stop.code:
            fail(f"{_sentence(complaint.getvalue())} (try: {prog} --help)")
        raise


def _sentence(box: str) -> str:
    """The first paragraph of tyro's box as one line."""
    inside = [line.strip("│ ") for line in box.splitlines() if line.startswith("│")]
    return " ".join(itertools.takewhile(lambda line: not line.startswith("──"), inside))


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Print one sentence to stderr and leave."""
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(code)


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a command; what the user can mend becomes one sentence and an exit code."""
    try:
        code = main(sys.argv[1:])
    except InputError as error:
        fail(str(error))
    except SaveError as error:
        print(f"error: {error}", file=sys.__stderr__, flush=True)
        sys.stdout.flush()
        # Orbax's unfinished writers would print a page of tracebacks while Python shuts down.
        os._exit(2)
    except DivergenceError as error:
        fail(str(error), code=3)
    except KeyboardInterrupt:
        fail("stopped; a run whose training had begun goes on with --resume", code=130)
    except BrokenPipeError:
        # Whoever read our output (head, less) has gone: nothing is wrong, and nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        fail(f"the file system refused: {error.strerror or error}{where}")
    raise SystemExit(code)
